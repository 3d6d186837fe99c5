import * as v from "valibot";
import { digestBytes } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import { canonicalJson } from "../events/envelope.ts";

/** A picture as it goes into a request. */
export interface ChatPicture {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * One question to a model that reads pictures, in the order it is read.
 *
 * @typeParam Picture - what stands for a picture while the question is made.
 */
export interface ChatQuestion<Picture = ChatPicture> {
  readonly parts: readonly (string | Picture)[];
  /** Shape of the answer; servers that know JSON schemas keep to it. */
  readonly answerSchema: { readonly name: string; readonly schema: object } | null;
  /** Answers wanted to this one question. */
  readonly answerCount: number;
  /** 0 to 2^31 − 1; servers that know seeds give the same answer to the same. */
  readonly seed: number;
}

export interface ChatSampling {
  readonly model: string;
  readonly temperature: number;
  /** Tokens of an answer at most. */
  readonly answerTokensMax: number;
  /** For a model that refuses to be asked for its log-probabilities; asked for when left out. */
  readonly logprobs?: "off";
}

/** A request whose pictures are told apart by number. */
export interface ComposedChat<Picture> {
  /** Body of `POST /chat/completions` as canonical JSON; `picture:0` and so on stand for URLs. */
  readonly body: string;
  /** In order of number; a picture shown twice has two. */
  readonly pictures: readonly Picture[];
}

/** Equal questions give equal bodies. */
export function composeChat<Picture extends object>(
  question: ChatQuestion<Picture>,
  { model, temperature, answerTokensMax, logprobs }: ChatSampling,
): ComposedChat<Picture> {
  const pictures: Picture[] = [];
  const content = question.parts.map((part) => {
    if (typeof part === "string") return { type: "text", text: part };
    pictures.push(part);
    return { type: "image_url", image_url: { url: `picture:${pictures.length - 1}` } };
  });
  const body = canonicalJson({
    model,
    messages: [{ role: "user", content }],
    n: question.answerCount,
    seed: question.seed,
    // Said even where they are a server's own: its own may come from the model's files.
    temperature,
    top_p: 1,
    max_completion_tokens: answerTokensMax,
    ...(logprobs === "off" ? {} : { logprobs: true }),
    ...(question.answerSchema === null
      ? {}
      : {
          response_format: {
            type: "json_schema",
            json_schema: { ...question.answerSchema, strict: true },
          },
        }),
  });
  return { body, pictures };
}

/** @returns the body that is sent: pictures as data URIs. */
export function chatBody(composed: string, pictures: readonly ChatPicture[]): string {
  return withUrls(composed, (at) => {
    const { mediaType, bytes } = pictures[at]!;
    return `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
  });
}

/** @returns the body that is kept: pictures by digest. */
export function keptChatBody(composed: string, pictures: readonly ChatPicture[]): string {
  return withUrls(composed, (at) => `blob:${digestBytes(pictures[at]!.bytes)}`);
}

/** Only a URL stands for a picture: a text that looks like one stays what it is. */
function withUrls(composed: string, urlOf: (picture: number) => string): string {
  const filled: unknown = JSON.parse(composed, (key, value: unknown) => {
    const [, number] = key === "url" ? (/^picture:(\d+)$/.exec(String(value)) ?? []) : [];
    return number === undefined ? value : urlOf(Number(number));
  });
  return canonicalJson(filled);
}

/** One of the answers to a question. */
export interface ChatChoice {
  readonly text: string;
  /** Sum over its tokens of their natural logarithms; null when the server does not tell. */
  readonly logProbability: number | null;
}

const choiceSchema = v.object({
  message: v.object({ content: v.nullish(v.string()) }),
  logprobs: v.nullish(
    v.object({
      content: v.nullish(v.array(v.object({ logprob: v.pipe(v.number(), v.finite()) }))),
    }),
  ),
});
const responseSchema = v.object({ choices: v.pipe(v.array(choiceSchema), v.minLength(1)) });
const usageSchema = v.object({
  usage: v.object({ prompt_tokens: v.number(), completion_tokens: v.number() }),
});

/**
 * Reads a response body.
 *
 * @throws {DreamlogError} `ANSWER_INVALID` for one that is cut off, or of another kind of server.
 */
export function readChoices(body: string): readonly ChatChoice[] {
  const parsed = v.safeParse(responseSchema, parseJson(body));
  if (!parsed.success) throw unreadable(body, parsed.issues[0].message);
  return parsed.output.choices.map(({ message, logprobs }) => ({
    text: message.content ?? "",
    logProbability: logprobs?.content?.reduce((sum, { logprob }) => sum + logprob, 0) ?? null,
  }));
}

/** Token counts, where the server tells them. */
export function readUsage(body: string): {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
} {
  try {
    const { usage } = v.parse(usageSchema, JSON.parse(body));
    return { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens };
  } catch {
    return { promptTokens: null, completionTokens: null };
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw unreadable(body, "text that is not whole JSON");
  }
}

function unreadable(body: string, found: string): DreamlogError {
  return new DreamlogError(
    "ANSWER_INVALID",
    `expected a chat completion with choices, found ${found}; see that the URL is that of an OpenAI-compatible server`,
    { found, body: body.slice(0, 500) },
  );
}
