import { digestBytes } from "../../core/digest.ts";
import type { DreamlogError } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { remoteAnswered, type remoteRequestComposed } from "../../events/remote.ts";
import { chatBody, keptChatBody, readUsage, type ChatPicture } from "../../remote/chat.ts";
import { createJsonClient, type JsonClient, type RemoteReply } from "../../remote/jsonClient.ts";
import type { Sleep } from "../../remote/requestPolicy.ts";
import { readSecret } from "../../remote/secrets.ts";
import { isA } from "../derivations/rule.ts";
import { exactProducer } from "../producers.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import type { OpenAiSpec } from "./openAiSpec.ts";
import { isRemoteFailure, recordFailure } from "./recordFailure.ts";
import type { ServiceSpec } from "./serviceSpec.ts";

export type AnswerEvent = StoredEvent<PayloadOf<typeof remoteAnswered>>;
export type RequestEvent = StoredEvent<PayloadOf<typeof remoteRequestComposed>>;

/** A model that can be asked. */
export interface RemoteModel {
  readonly spec: OpenAiSpec;
  readonly client: JsonClient;
}

/** What a connection needs beside the spec. */
export interface ConnectOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly sleep?: Sleep;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a key that is none. */
export function connectModel(spec: OpenAiSpec, options: ConnectOptions = {}): RemoteModel {
  return { spec, client: createJsonClient(clientOptionsOf(spec, options)) };
}

/** How a client of a service is made from its spec. */
export function clientOptionsOf(
  { url, keyVariable, timeoutMs, attemptsMax, requestsPerMinute, concurrency = 1 }: ServiceSpec,
  { environment, sleep, signal }: ConnectOptions,
) {
  return {
    baseUrl: url,
    secret: readSecret(keyVariable, environment),
    policy: { timeoutMs, attemptsMax, requestsPerMinute, inFlightMax: concurrency },
    ...(sleep === undefined ? {} : { sleep }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** A composed request, under the name its answer gets in the session. */
export interface NamedQuestion {
  readonly name: string;
  readonly request: RequestEvent;
}

/** Questions that are being asked; nothing of them is written before one of these is called. */
export interface AskedQuestions {
  /**
   * Records the answers in order of the questions, whichever came first.
   *
   * @returns by question its answer, or null where the server refused it: others may fare better.
   * @throws {DreamlogError} `REMOTE_UNAVAILABLE` when there is no server to go on with; `INTERRUPTED`.
   */
  finish(): Promise<readonly (AnswerEvent | null)[]>;
  /** Asks no more, and records what was asked already. */
  keep(): Promise<void>;
}

/** What came of a question. */
type Outcome =
  | { readonly kind: "known"; readonly event: AnswerEvent }
  | { readonly kind: "reply"; readonly sent: SentChat; readonly reply: RemoteReply }
  | { readonly kind: "failed"; readonly sent: SentChat; readonly error: DreamlogError }
  | { readonly kind: "broken"; readonly error: Error };

/**
 * Asks questions, as many at a time as the spec says, in order. A request that the log holds an answer
 * to is not asked again, so no answer is paid for twice; one that failed is asked anew.
 */
export function startAsking(
  recorder: SessionRecorder,
  model: RemoteModel,
  questions: readonly NamedQuestion[],
): AskedQuestions {
  const underWay: Promise<Outcome>[] = [];
  const askNext = () => {
    const question = questions[underWay.length];
    if (question !== undefined) underWay.push(outcomeOf(recorder, model, question));
  };
  for (let at = 0; at < (model.spec.concurrency ?? 1); at++) askNext();

  const answers: (AnswerEvent | null)[] = [];
  const recordNext = async () => {
    const at = answers.length;
    answers.push(await record(recorder, model, questions[at]!, await underWay[at]!));
  };
  const keep = async () => {
    while (answers.length < underWay.length) await recordNext().catch(() => answers.push(null));
  };
  return {
    keep,
    async finish() {
      try {
        while (answers.length < questions.length) {
          // The place of one that has come back is taken before it is written down.
          await underWay[answers.length];
          askNext();
          await recordNext();
        }
        return answers;
      } catch (error) {
        answers.push(null);
        await keep();
        throw error;
      }
    },
  };
}

/** What was asked, with what is kept of it. */
interface SentChat {
  readonly body: string;
  readonly keptBody: string;
}

/** Never rejects: what went wrong is told when the question's turn has come. */
async function outcomeOf(
  recorder: SessionRecorder,
  { client }: RemoteModel,
  { name, request }: NamedQuestion,
): Promise<Outcome> {
  try {
    const event = await knownAnswer(recorder, name, request);
    if (event !== undefined) return { kind: "known", event };
    const sent = await bodiesOf(recorder, request);
    try {
      const reply = await client.post("/chat/completions", sent.body, digestBytes(sent.body));
      return { kind: "reply", sent, reply };
    } catch (error) {
      if (isRemoteFailure(error)) return { kind: "failed", sent, error };
      throw error;
    }
  } catch (error) {
    return { kind: "broken", error: error as Error };
  }
}

async function knownAnswer(
  recorder: SessionRecorder,
  name: string,
  request: RequestEvent,
): Promise<AnswerEvent | undefined> {
  for (const event of await recorder.log.effectsOf(request.position)) {
    if (isA(event, remoteAnswered)) return event;
  }
  // An answer of a session that was begun before requests were events.
  const own = await recorder.log.findById(`${recorder.session}#${name}`);
  return own !== undefined && isA(own, remoteAnswered) ? own : undefined;
}

async function bodiesOf(recorder: SessionRecorder, { payload }: RequestEvent): Promise<SentChat> {
  const pictures: ChatPicture[] = [];
  for (const { blob } of payload.pictures) {
    pictures.push({ mediaType: blob.mediaType, bytes: await recorder.blobs.get(blob.digest) });
  }
  const { body } = payload;
  return { body: chatBody(body, pictures), keptBody: keptChatBody(body, pictures) };
}

/** @throws {DreamlogError} what broke; a failure that no other question would fare better with. */
async function record(
  recorder: SessionRecorder,
  { spec }: RemoteModel,
  { name, request }: NamedQuestion,
  outcome: Outcome,
): Promise<AnswerEvent | null> {
  if (outcome.kind === "known") return outcome.event;
  if (outcome.kind === "broken") throw outcome.error;
  const { url, model } = spec;
  const { sent } = outcome;
  const asked = { url, model, requestDigest: digestBytes(sent.body) };
  const made = { producer: exactProducer("remote.chat", 2, { model }), causes: [request] };
  if (outcome.kind === "failed") {
    const { error } = outcome;
    await recordFailure(recorder, name, { ...asked, error }, made);
    if (error.code === "REMOTE_REFUSED") return null;
    throw error;
  }
  const { text, attempts, latencyMs } = outcome.reply;
  const usage = readUsage(text);
  const payload = {
    ...asked,
    request: await recorder.blobs.put(Buffer.from(sent.keptBody), "application/json"),
    answer: text,
    attempts,
    ...usage,
    costUsd: costOf(spec, usage),
    latencyMs,
  };
  return recorder.fact(name, remoteAnswered, payload, made);
}

function costOf(
  { promptPrice, completionPrice }: OpenAiSpec,
  { promptTokens, completionTokens }: ReturnType<typeof readUsage>,
): number | null {
  if (promptTokens === null || completionTokens === null) return null;
  if (promptPrice === null || completionPrice === null) return null;
  return (promptTokens * promptPrice + completionTokens * completionPrice) / 1e6;
}
