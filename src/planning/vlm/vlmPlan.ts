import { actionSpaceOf, indexOfAction, type ActionSpace } from "../../core/actionSpace.ts";
import { digestFields } from "../../core/digest.ts";
import { isDreamlogError } from "../../core/errors.ts";
import type { Candidate } from "../../ports/planner.ts";
import { readChoices, type ChatQuestion } from "../../remote/chat.ts";
import { parseAction } from "../actionGrammar.ts";

/** How a vision-language model is asked for a move. */
export interface VlmPlanOptions {
  /** K answers by one request with `n`, or by K requests with a seed each. */
  readonly sampling: "n" | "seeds";
  /** Whether the server is told the answer's JSON schema; the reader copes without. */
  readonly format: "json_schema" | "text";
  /** Answers asked for where one move is wanted: the most frequent is taken. */
  readonly votes: number;
}

/**
 * What the model is asked: the pictures, then the prompt, as the preference sets for its fine-tuning
 * have them, so that a tuned model is asked what it was taught.
 *
 * @param request.round - of asking for the same plan, from 0: each has a seed of its own.
 */
export function planQuestion<Picture>(
  request: {
    readonly prompt: string;
    /** The observation and the goal with their numbered keypoints. */
    readonly pictures: readonly Picture[];
    readonly space: ActionSpace;
    readonly wanted: number;
    readonly seed: string;
    readonly round: number;
  },
  { sampling, format, votes }: VlmPlanOptions,
): ChatQuestion<Picture> {
  const { prompt, pictures, space, wanted, seed, round } = request;
  const index = (count: number) => ({ type: "integer", minimum: 0, maximum: count - 1 });
  const schema = {
    type: "object",
    properties: {
      arm: { type: "string", enum: ["left", "right"] },
      source: index(space.sourceCount),
      target: index(space.targetCount),
    },
    required: ["arm", "source", "target"],
    additionalProperties: false,
  };
  return {
    parts: [...pictures, prompt],
    answerSchema: format === "json_schema" ? { name: "keypoint_action", schema } : null,
    answerCount: sampling === "n" ? Math.max(wanted, votes) : 1,
    seed: chatSeed(seed, round),
  };
}

/**
 * Requests that are needed at least to go on from what was read so far: as many can be asked at a
 * time without asking one too many.
 */
export function roundsNeeded(
  { sampling, votes }: VlmPlanOptions,
  wanted: number,
  { candidates, readCount }: Pick<ReadPlan, "candidates" | "readCount">,
): number {
  const answers = Math.max(wanted - candidates.length, votes - readCount, 0);
  return sampling === "n" ? Math.min(1, answers) : answers;
}

/** Requests after which a model that has not named enough moves is taken for exhausted. */
export function roundsMax({ sampling, votes }: VlmPlanOptions, wanted: number): number {
  const answers = Math.max(wanted, votes);
  return sampling === "n" ? 4 : 3 * answers;
}

/** @returns 0 to 2^31 − 1. */
export function chatSeed(seed: string, round: number): number {
  return Number.parseInt(digestFields(["chat seed", seed, round]).slice(0, 8), 16) >>> 1;
}

/** What the answers so far come to. */
export interface ReadPlan {
  /** Distinct moves: the most frequent first, then the more probable, then the earlier; K at most. */
  readonly candidates: readonly Candidate[];
  /** Moves read, repetitions included. */
  readonly readCount: number;
  /** By response: why nothing in it was read, or null. */
  readonly reasons: readonly (string | null)[];
}

/** Reads response bodies; what is not a move on these keypoints is left out and told. */
export function readPlan(
  bodies: readonly string[],
  scene: { readonly current: Float32Array; readonly goal: Float32Array },
  wanted: number,
): ReadPlan {
  const space = actionSpaceOf(scene);
  const votes = new Map<number, { readonly candidate: Candidate; readonly count: number }>();
  const reasons = bodies.map((body) => {
    const { found, reason } = readBody(body, space);
    for (const candidate of found) {
      const index = indexOfAction(space, candidate.action);
      const before = votes.get(index);
      votes.set(index, {
        candidate: before === undefined ? candidate : likelier(before.candidate, candidate),
        count: (before?.count ?? 0) + 1,
      });
    }
    return found.length > 0 ? null : reason;
  });
  const ranked = [...votes.values()].sort(
    (a, b) => b.count - a.count || likelihood(b.candidate) - likelihood(a.candidate) || 0,
  );
  return {
    candidates: ranked.slice(0, wanted).map(({ candidate }) => candidate),
    readCount: ranked.reduce((sum, { count }) => sum + count, 0),
    reasons,
  };
}

function readBody(
  body: string,
  space: ActionSpace,
): { readonly found: readonly Candidate[]; readonly reason: string } {
  const found: Candidate[] = [];
  let reason = "no choices";
  try {
    for (const { text, logProbability } of readChoices(body)) {
      try {
        found.push({ action: parseAction(text, space), logProbability });
      } catch (error) {
        if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
        reason = error.message;
      }
    }
  } catch (error) {
    if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
    reason = error.message;
  }
  return { found, reason };
}

const likelier = (a: Candidate, b: Candidate) => (likelihood(b) > likelihood(a) ? b : a);

/** Finite even where unknown, so that differences are numbers. */
function likelihood({ logProbability }: Candidate): number {
  return logProbability ?? -Number.MAX_VALUE;
}
