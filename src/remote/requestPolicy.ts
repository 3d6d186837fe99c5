import { setTimeout as wait } from "node:timers/promises";

/** How patient a client is with a service. */
export interface RequestPolicy {
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** Attempts at most, the first included. */
  readonly attemptsMax: number;
  /** All attempts and pauses of one request together. */
  readonly budgetMs: number;
  /** Bytes of an answer at most. */
  readonly answerBytesMax: number;
  /** Requests a minute at most; null without limit. */
  readonly requestsPerMinute: number | null;
  /** Requests under way at a time, 1 or more; the others wait their turn. */
  readonly inFlightMax: number;
}

export const defaultPolicy: RequestPolicy = {
  timeoutMs: 120_000,
  attemptsMax: 4,
  budgetMs: 600_000,
  answerBytesMax: 4 * 1024 * 1024,
  requestsPerMinute: null,
  inFlightMax: 1,
};

const firstPauseMs = 500;
const pauseMaxMs = 30_000;

/**
 * How long to wait before the next attempt: doubling, or what the server asks for.
 *
 * @param retryAfter - the header's text: seconds, or null.
 */
export function pauseMs(attempt: number, retryAfter: string | null): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1000;
  if (Number.isFinite(asked) && asked >= 0) return Math.min(asked, pauseMaxMs);
  return Math.min(firstPauseMs * 2 ** (attempt - 1), pauseMaxMs);
}

/** Sleeps, less long once the signal is aborted; tests hand in one that does not sleep. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export const realSleep: Sleep = (milliseconds, signal) =>
  wait(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);

/** Lets calls through no faster than so many a minute, evenly spaced. */
export function createRateLimit(
  requestsPerMinute: number | null,
  { nowMs, sleep }: { readonly nowMs: () => number; readonly sleep: Sleep },
): () => Promise<void> {
  if (requestsPerMinute === null) return () => Promise.resolve();
  const gapMs = 60_000 / requestsPerMinute;
  let nextMs = -Infinity;
  return async () => {
    const startMs = Math.max(nowMs(), nextMs);
    nextMs = startMs + gapMs;
    const waitMs = startMs - nowMs();
    if (waitMs > 0) await sleep(waitMs);
  };
}
