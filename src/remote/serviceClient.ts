import { createStopwatch } from "../core/clock.ts";
import { DreamlogError } from "../core/errors.ts";
import { createInFlightLimit } from "./inFlightLimit.ts";
import {
  createRateLimit,
  defaultPolicy,
  pauseMs,
  realSleep,
  type RequestPolicy,
  type Sleep,
} from "./requestPolicy.ts";
import type { Secret } from "./secrets.ts";
import { requireServiceUrl } from "./serviceUrl.ts";

/** A body with what it is. */
export interface ServiceBody {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface ServiceRequest {
  readonly method: "GET" | "POST";
  /** Under the base URL, such as `/chat/completions`. */
  readonly path: string;
  readonly body?: ServiceBody;
  /** The same for every attempt, so that a server that knows it does the work once. */
  readonly idempotencyKey?: string;
  /**
   * Says of an answer why it is not whole, or null. One that is not is asked for again while attempts
   * last; the last one is returned as it came.
   */
  readonly flawOf?: (reply: ServiceAnswer) => string | null | Promise<string | null>;
}

/** What a service answered, without the key, should the server have repeated it. */
export interface ServiceAnswer {
  /** 200 to 299. */
  readonly status: number;
  /** Without parameters, in lower case; empty when the server does not say. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** With what it took. */
export interface ServiceReply extends ServiceAnswer {
  readonly attempts: number;
  /** Of the last attempt. */
  readonly latencyMs: number;
}

/** Sends requests to one service, patiently. */
export interface ServiceClient {
  readonly baseUrl: string;
  /**
   * @throws {DreamlogError} `REMOTE_REFUSED` for a request that the server will not take however often
   *   it is sent, with the status in `context.status`; `REMOTE_UNAVAILABLE` when no attempt got an
   *   answer; `INTERRUPTED` once the signal is aborted. `context.attempts` counts attempts. None holds
   *   the key.
   */
  send(request: ServiceRequest): Promise<ServiceReply>;
}

export interface ServiceClientOptions {
  readonly baseUrl: string;
  readonly secret: Secret | null;
  readonly policy?: Partial<RequestPolicy>;
  readonly sleep?: Sleep;
  /** Ends what is under way; what a server has accepted stays accepted there. */
  readonly signal?: AbortSignal;
}

/** Statuses that say "not now": too early, conflict with a running request, too many, server trouble. */
const passingStatuses = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

/** One attempt's end, when it is not an answer. */
interface Trouble {
  readonly kind: "trouble";
  readonly isPassing: boolean;
  readonly what: string;
  readonly status: number | null;
  readonly retryAfter: string | null;
}

type Outcome = ({ readonly kind: "answer" } & ServiceAnswer) | Trouble;

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a base URL that is none or holds credentials. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const policy = { ...defaultPolicy, ...options.policy };
  const { secret, sleep = realSleep, signal } = options;
  const baseUrl = requireServiceUrl(options.baseUrl);
  const watch = createStopwatch();
  const nowMs = () => watch.seconds() * 1000;
  const nextTurn = createRateLimit(policy.requestsPerMinute, { nowMs, sleep });
  const withinLimit = createInFlightLimit(policy.inFlightMax);

  const persist = async (request: ServiceRequest): Promise<ServiceReply> => {
    const url = `${baseUrl}${request.path}`;
    const startMs = nowMs();
    for (let attempt = 1; ; attempt++) {
      await nextTurn();
      const sentMs = nowMs();
      const outcome = await attemptOnce(url, requestInit(request, secret), { policy, secret, signal }); // prettier-ignore
      const reply = replyOf(outcome, attempt, nowMs() - sentMs);
      // Whatever was stopped meanwhile: a whole answer was paid for.
      if (reply !== null && (await (request.flawOf?.(reply) ?? null)) === null) return reply;

      requireGoingOn(signal, url);
      const pause = pauseMs(attempt, outcome.kind === "trouble" ? outcome.retryAfter : null);
      const isOver = attempt >= policy.attemptsMax || nowMs() + pause - startMs > policy.budgetMs;
      if (reply !== null && isOver) return reply;
      if (outcome.kind === "trouble" && (!outcome.isPassing || isOver)) {
        throw troubled(url, outcome, attempt);
      }
      await sleep(pause, signal);
      requireGoingOn(signal, url);
    }
  };
  return { baseUrl, send: (request) => withinLimit(() => persist(request)) };
}

function requestInit(
  { method, body, idempotencyKey }: ServiceRequest,
  secret: Secret | null,
): RequestInit {
  return {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": body.contentType }),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      ...(secret === null ? {} : { authorization: `Bearer ${secret.reveal()}` }),
    },
    ...(body === undefined ? {} : { body: body.bytes as Uint8Array<ArrayBuffer> }),
  };
}

async function attemptOnce(
  url: string,
  request: RequestInit,
  {
    policy,
    secret,
    signal,
  }: {
    readonly policy: RequestPolicy;
    readonly secret: Secret | null;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Outcome> {
  const blotOut = (text: string) => secret?.blotOut(text) ?? text;
  const trouble = (what: string, isPassing: boolean): Trouble => ({
    ...{ kind: "trouble", isPassing, what, status: null, retryAfter: null },
  });
  const timeout = AbortSignal.timeout(policy.timeoutMs);
  try {
    const response = await fetch(url, {
      ...request,
      // A redirect could carry the key to another host.
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const body = await bodyOf(response, policy.answerBytesMax);
    if (body === null) {
      return trouble(`an answer of more than ${policy.answerBytesMax} bytes`, false);
    }
    const { status, headers } = response;
    // Before anything is cut: half of a key is no key that could be found.
    const bytes = secret?.blotOutBytes(body) ?? body;
    const mediaType = blotOut(
      (headers.get("content-type") ?? "").split(";")[0]!.trim(),
    ).toLowerCase();
    if (response.ok) return { kind: "answer", status, mediaType, bytes };
    return {
      kind: "trouble",
      isPassing: passingStatuses.has(status),
      what: `status ${status}: ${complaintIn(bytes)}`,
      status,
      retryAfter: headers.get("retry-after"),
    };
  } catch (error) {
    return trouble(blotOut(describe(error, policy.timeoutMs)), true);
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

function replyOf(outcome: Outcome, attempts: number, latencyMs: number): ServiceReply | null {
  if (outcome.kind === "trouble") return null;
  const { status, mediaType, bytes } = outcome;
  return { status, mediaType, bytes, attempts, latencyMs };
}

/** What a server says is wrong; a page for people is told as that. */
function complaintIn(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 2000));
  return /^\s*</.test(text) ? "a web page" : text.slice(0, 500);
}

function describe(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}

function requireGoingOn(signal: AbortSignal | undefined, url: string): void {
  if (signal?.aborted !== true) return;
  throw new DreamlogError(
    "INTERRUPTED",
    `${url}: the request was cut short; run the same command again to go on`,
    { url },
  );
}

function troubled(
  url: string,
  { isPassing, what: found, status }: Trouble,
  attempts: number,
): DreamlogError {
  return new DreamlogError(
    isPassing ? "REMOTE_UNAVAILABLE" : "REMOTE_REFUSED",
    `${url}: expected an answer, found ${found} after ${attempts} attempts; ${remedyFor(isPassing, status)}`,
    { url, attempts, found, status },
  );
}

function remedyFor(isPassing: boolean, status: number | null): string {
  if (isPassing)
    return "see that the server runs and is reachable, then run the same command again";
  if (status === 413) return "ask for smaller pictures, or raise the server's limit";
  return "see that URL, model, key and options are those of this server";
}
