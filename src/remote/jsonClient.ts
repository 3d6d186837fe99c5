import { createStopwatch } from "../core/clock.ts";
import { DreamlogError } from "../core/errors.ts";
import {
  createRateLimit,
  defaultPolicy,
  pauseMs,
  realSleep,
  type RequestPolicy,
  type Sleep,
} from "./requestPolicy.ts";
import type { Secret } from "./secrets.ts";

/** What a service answered, with what it took. */
export interface RemoteReply {
  readonly text: string;
  readonly attempts: number;
  readonly latencyMs: number;
}

/** Sends JSON and gets text back, patiently. */
export interface JsonClient {
  readonly baseUrl: string;
  /**
   * @param path - under the base URL, such as `/chat/completions`.
   * @param body - JSON text.
   * @param idempotencyKey - the same for every attempt, so that a server that knows it answers once.
   * @throws {DreamlogError} `REMOTE_REFUSED` for a request that the server will not take however often
   *   it is sent; `REMOTE_UNAVAILABLE` when no attempt got a whole answer. `context.attempts` counts
   *   them. Neither holds the key.
   */
  post(path: string, body: string, idempotencyKey: string): Promise<RemoteReply>;
}

export interface JsonClientOptions {
  readonly baseUrl: string;
  readonly secret: Secret | null;
  readonly policy?: Partial<RequestPolicy>;
  readonly sleep?: Sleep;
}

/** Statuses that say "not now": too early, conflict with a running request, too many, server trouble. */
const passingStatuses = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

/** One attempt's end, when it is not an answer. */
interface Trouble {
  readonly isPassing: boolean;
  readonly what: string;
  readonly retryAfter: string | null;
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a base URL that is none or holds credentials. */
export function createJsonClient(options: JsonClientOptions): JsonClient {
  const policy = { ...defaultPolicy, ...options.policy };
  const { secret, sleep = realSleep } = options;
  const baseUrl = requireServiceUrl(options.baseUrl);
  const watch = createStopwatch();
  const nowMs = () => watch.seconds() * 1000;
  const nextTurn = createRateLimit(policy.requestsPerMinute, { nowMs, sleep });
  const blotOut = (text: string) => secret?.blotOut(text) ?? text;

  return {
    baseUrl,
    async post(path, body, idempotencyKey) {
      const url = `${baseUrl}${path}`;
      const startMs = nowMs();
      const headers = {
        "content-type": "application/json",
        "idempotency-key": idempotencyKey,
        ...(secret === null ? {} : { authorization: `Bearer ${secret.reveal()}` }),
      };
      for (let attempt = 1; ; attempt++) {
        await nextTurn();
        const sentMs = nowMs();
        const outcome = await attemptOnce(url, { method: "POST", headers, body }, policy);
        if (typeof outcome === "string") {
          return { text: blotOut(outcome), attempts: attempt, latencyMs: nowMs() - sentMs };
        }
        const pause = pauseMs(attempt, outcome.retryAfter);
        const isOver = attempt >= policy.attemptsMax || nowMs() + pause - startMs > policy.budgetMs;
        if (!outcome.isPassing || isOver) throw troubled(url, outcome, attempt, blotOut);
        await sleep(pause);
      }
    },
  };
}

async function attemptOnce(
  url: string,
  request: RequestInit,
  policy: RequestPolicy,
): Promise<string | Trouble> {
  const passing = (what: string): Trouble => ({ isPassing: true, what, retryAfter: null });
  try {
    const response = await fetch(url, {
      ...request,
      // A redirect could carry the key to another host.
      redirect: "manual",
      signal: AbortSignal.timeout(policy.timeoutMs),
    });
    const bytes = await bodyOf(response, policy.answerBytesMax);
    if (bytes === null) {
      const what = `an answer of more than ${policy.answerBytesMax} bytes`;
      return { isPassing: false, what, retryAfter: null };
    }
    if (response.ok) return textOf(bytes) ?? passing("an answer that is not UTF-8");
    const complaint = new TextDecoder().decode(bytes).slice(0, 500);
    return {
      isPassing: passingStatuses.has(response.status),
      what: `status ${response.status}: ${complaint}`,
      retryAfter: response.headers.get("retry-after"),
    };
  } catch (error) {
    return passing(describe(error, policy.timeoutMs));
  }
}

/** @returns null for a body that is too long. */
async function bodyOf(response: Response, bytesMax: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  if (response.body === null) return new Uint8Array();
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > bytesMax) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function describe(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}

function troubled(
  url: string,
  { isPassing, what }: Trouble,
  attempts: number,
  blotOut: (text: string) => string,
): DreamlogError {
  const found = blotOut(what);
  const remedy = isPassing
    ? "see that the server runs and is reachable, then run the same command again"
    : "see that URL, model, key and options are those of this server";
  return new DreamlogError(
    isPassing ? "REMOTE_UNAVAILABLE" : "REMOTE_REFUSED",
    `${url}: expected an answer, found ${found} after ${attempts} attempts; ${remedy}`,
    { url, attempts, found },
  );
}

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function requireServiceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isFit =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  if (isFit) return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  // What stands before an @ may be a password.
  const shown = text.replace(/\/\/[^/]*@/, "//…@").split(/[?#]/)[0]!;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected the http or https URL of a service, without credentials, found "${shown}"; keys belong in an environment variable`,
    { url: shown },
  );
}
