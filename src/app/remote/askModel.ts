import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { remoteAnswered, remoteRequestFailed } from "../../events/remote.ts";
import { isDreamlogError } from "../../core/errors.ts";
import { chatRequest, readUsage, type ChatQuestion, type ChatRequest } from "../../remote/chat.ts";
import { createJsonClient, type JsonClient } from "../../remote/jsonClient.ts";
import type { Sleep } from "../../remote/requestPolicy.ts";
import { readSecret } from "../../remote/secrets.ts";
import { isA } from "../derivations/rule.ts";
import { exactProducer } from "../producers.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import type { OpenAiSpec } from "./openAiSpec.ts";

export type AnswerEvent = StoredEvent<PayloadOf<typeof remoteAnswered>>;

/** A model that can be asked. */
export interface RemoteModel {
  readonly spec: OpenAiSpec;
  readonly client: JsonClient;
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a key that is none. */
export function connectModel(
  spec: OpenAiSpec,
  options: {
    readonly environment?: Readonly<Record<string, string | undefined>>;
    readonly sleep?: Sleep;
  } = {},
): RemoteModel {
  const { timeoutMs, attemptsMax, requestsPerMinute } = spec;
  const client = createJsonClient({
    baseUrl: spec.url,
    secret: readSecret(spec.keyVariable, options.environment),
    policy: { timeoutMs, attemptsMax, requestsPerMinute },
    ...(options.sleep === undefined ? {} : { sleep: options.sleep }),
  });
  return { spec, client };
}

/**
 * Asks once and for all: what the session holds under this name is the answer, and nothing is asked
 * again for it, so no answer is paid for twice. What came back is logged before anybody reads it; a
 * request that failed is logged as that, and asked anew when the stage runs again.
 *
 * @param name - of the question in its session.
 * @returns null when the server refused this question; others may fare better.
 * @throws {DreamlogError} `REMOTE_UNAVAILABLE` when there is no server to go on with.
 */
export async function askModel(
  recorder: SessionRecorder,
  { spec, client }: RemoteModel,
  name: string,
  question: ChatQuestion,
  causes: readonly StoredEvent[],
): Promise<AnswerEvent | null> {
  const { url, model, temperature, answerTokensMax } = spec;
  const request = chatRequest(question, {
    model,
    temperature,
    answerTokensMax,
    wantsLogProbabilities: true,
  });
  const known = await recorder.log.findById(`${recorder.session}#${name}`);
  if (known !== undefined && isA(known, remoteAnswered)) return known;
  const producer = exactProducer("remote.chat", 1, { model });
  const asked = { url, model, requestDigest: request.digest };
  try {
    const reply = await client.post("/chat/completions", request.body, request.digest);
    const usage = readUsage(reply.text);
    const payload = {
      ...asked,
      request: await keep(recorder, request),
      answer: reply.text,
      attempts: reply.attempts,
      ...usage,
      costUsd: costOf(spec, usage),
      latencyMs: reply.latencyMs,
    };
    return await recorder.fact(name, remoteAnswered, payload, { producer, causes });
  } catch (error) {
    const isRefused = isDreamlogError(error, "REMOTE_REFUSED");
    if (!isRefused && !isDreamlogError(error, "REMOTE_UNAVAILABLE")) throw error;
    const failure = {
      ...asked,
      code: error.code,
      reason: error.message,
      attempts: Number(error.context["attempts"]),
    };
    const free = await freeName(recorder, `${name}/failed`);
    await recorder.fact(free, remoteRequestFailed, failure, { producer, causes });
    if (isRefused) return null;
    throw error;
  }
}

function keep(recorder: SessionRecorder, { keptBody }: ChatRequest) {
  return recorder.blobs.put(Buffer.from(keptBody), "application/json");
}

function costOf(
  { promptPrice, completionPrice }: OpenAiSpec,
  { promptTokens, completionTokens }: ReturnType<typeof readUsage>,
): number | null {
  if (promptTokens === null || completionTokens === null) return null;
  if (promptPrice === null || completionPrice === null) return null;
  return (promptTokens * promptPrice + completionTokens * completionPrice) / 1e6;
}

/** A question may fail again in a later run of its stage; each failure is an event of its own. */
async function freeName(recorder: SessionRecorder, prefix: string): Promise<string> {
  for (let count = 0; ; count++) {
    const name = `${prefix}/${count}`;
    if ((await recorder.log.findById(`${recorder.session}#${name}`)) === undefined) return name;
  }
}
