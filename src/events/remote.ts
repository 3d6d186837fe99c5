import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { BlobRefSchema, Count, DigestSchema, Finite, MediaRefSchema } from "./media.ts";

/**
 * What is about to be asked of a model that runs elsewhere, so that replay can make the request anew
 * and hold it against the one that was answered. Causes: what it is made from; the answer names it.
 */
export const remoteRequestComposed = defineEvent({
  type: "remote.requestComposed",
  kind: "derived",
  schema: v.strictObject({
    /** Canonical JSON; `picture:0` and so on stand for the pictures and clips. */
    body: v.string(),
    /** By their samples: how they are encoded on the way is the sender's business. */
    pictures: v.array(MediaRefSchema),
  }),
});

/**
 * A service took a job that goes on by itself; whoever comes back asks for it by its name. Causes: the
 * request.
 */
export const remoteJobAccepted = defineEvent({
  type: "remote.jobAccepted",
  kind: "effect",
  schema: v.strictObject({
    url: v.string(),
    model: v.string(),
    requestDigest: DigestSchema,
    /** What was sent for each picture of the request. */
    sent: v.array(BlobRefSchema),
    /** Under which the job was submitted: the request's derivation key and how often it failed before. */
    idempotencyKey: v.string(),
    /** The service's name for it. */
    job: v.string(),
  }),
});

/** A video model answered; the file is kept as it came. Causes: the request. */
export const remoteVideoAnswered = defineEvent({
  type: "remote.videoAnswered",
  kind: "effect",
  schema: v.strictObject({
    url: v.string(),
    model: v.string(),
    /** Of the whole request body, files included. */
    requestDigest: DigestSchema,
    /** What was sent for each picture of the request. */
    sent: v.array(BlobRefSchema),
    /** The service's name for the job; null for an answer that came at once. */
    job: v.nullable(v.string()),
    /** The answer's bytes. */
    video: BlobRefSchema,
    /** Requests it took, those that asked how far the job is not counted. */
    attempts: Count,
    latencyMs: Finite,
  }),
});

/**
 * A model that runs elsewhere answered. The answer is kept as it came, so that a better reader can be
 * replayed over it. Causes: what the request was made from.
 */
export const remoteAnswered = defineEvent({
  type: "remote.answered",
  kind: "effect",
  schema: v.strictObject({
    /** Of the service, without credentials. */
    url: v.string(),
    model: v.string(),
    /** Of the whole request body, pictures included. */
    requestDigest: DigestSchema,
    /** The body as canonical JSON, with each picture replaced by `blob:` and its digest. */
    request: BlobRefSchema,
    /** The response body; credentials in it are blotted out. */
    answer: v.string(),
    /** Requests it took, the answered one included. */
    attempts: Count,
    promptTokens: v.nullable(Count),
    completionTokens: v.nullable(Count),
    /** At the prices the run was given, US dollars; null without prices or token counts. */
    costUsd: v.nullable(Finite),
    latencyMs: Finite,
  }),
});

/** A request that got no answer to use, after every retry. Not a verdict, not a plan, not a score. */
export const remoteRequestFailed = defineEvent({
  type: "remote.requestFailed",
  kind: "effect",
  schema: v.strictObject({
    url: v.string(),
    model: v.string(),
    requestDigest: DigestSchema,
    code: v.string(),
    reason: v.string(),
    attempts: Count,
  }),
});

/** Answers that could not be read as what was asked for. Causes: the answers. */
export const remoteAnswersUnreadable = defineEvent({
  type: "remote.answersUnreadable",
  kind: "derived",
  schema: v.strictObject({
    /** By answer; null for one that was read. */
    reasons: v.pipe(v.array(v.nullable(v.string())), v.minLength(1)),
  }),
});

/** What a judge's answers say beside the verdict. Causes: those of the verdict. */
export const judgePollCounted = defineEvent({
  type: "judge.pollCounted",
  kind: "derived",
  schema: v.strictObject({
    protocol: v.picklist(["listwise", "pairwise", "rubric"]),
    asked: Count,
    read: Count,
    /** Pairwise: comparisons with a winner, and those that the picture shown first won. */
    decided: Count,
    firstWins: Count,
  }),
});
