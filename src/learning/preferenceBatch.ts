import { actionSpaceOf, indexOfAction, type KeypointScene } from "../core/actionSpace.ts";
import { keypointCount, tasks, type KeypointAction, type Task } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import { encodePolicyInput, type PolicyInput } from "../core/policyFeatures.ts";
import { reshape, slice, sum } from "./graph/shape.ts";
import { multiply } from "./graph/elementwise.ts";
import type { Graph, Value } from "./graph/graph.ts";
import { policyActionCount, policyInputs, type PolicyInputs } from "./policyGraph.ts";

/** What one prompt taught: of the candidates that were dreamed, the best and the others. */
export interface PreferenceExample extends KeypointScene {
  readonly task: Task;
  readonly positive: KeypointAction;
  /** K − 1, at least one. */
  readonly negatives: readonly KeypointAction[];
}

/** An example as the policy sees it; actions by their number. */
export interface EncodedPreference {
  readonly input: PolicyInput;
  readonly positive: number;
  readonly negatives: readonly number[];
}

/**
 * @throws {DreamlogError} `ARGUMENT_INVALID` for keypoint sets of another size than the policy's, no
 *   negatives, a positive among them, or an action out of the arms' reach.
 */
export function encodePreference(example: PreferenceExample): EncodedPreference {
  const space = actionSpaceOf(example);
  if (space.sourceCount !== keypointCount || space.targetCount !== keypointCount) {
    throw refusal(`${keypointCount} keypoints on either side`, `${space.sourceCount} and ${space.targetCount}`); // prettier-ignore
  }
  const input = encodePolicyInput(example);
  const positive = indexOfAction(space, example.positive);
  const negatives = example.negatives.map((action) => indexOfAction(space, action));
  if (negatives.length === 0) throw refusal("a negative for every positive", "none");
  if (negatives.includes(positive)) throw refusal("negatives other than the positive", "it twice");
  const outOfReach = [positive, ...negatives].find((index) => !isWithinReach(input, index));
  if (outOfReach === undefined) return { input, positive, negatives };
  throw refusal("actions within the arms' reach", `action ${outOfReach} beyond it`);
}

/** Biases of actions out of reach are far below any other. */
function isWithinReach(input: PolicyInput, index: number): boolean {
  return input.armBias[index]! > -1000;
}

function refusal(expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `expected preferences with ${expected}, found ${found}; leave the example out`,
  );
}

/** The policy's inputs for a batch of prompts, with what was preferred. */
export interface PreferenceInputs extends PolicyInputs {
  /** Shape [batch, candidates, 288]: 1 at each candidate's action, the positive first. */
  readonly candidates: Value;
  /** Shape [batch, candidates − 1]; 0 for a negative that is not there, 1 in all over a prompt. */
  readonly pairWeights: Value;
}

export function preferenceInputs(
  graph: Graph,
  batchSize: number,
  candidateCount: number,
): PreferenceInputs {
  return {
    ...policyInputs(graph, batchSize),
    candidates: graph.input("candidates", [batchSize, candidateCount, policyActionCount]),
    pairWeights: graph.input("pairWeights", [batchSize, candidateCount - 1]),
  };
}

/**
 * @param logProbabilities - shape [batch, 288].
 * @returns log-probabilities of the positives and of the negatives, shape [batch, candidates − 1] each.
 */
export function pairLogProbabilities(
  logProbabilities: Value,
  { candidates }: PreferenceInputs,
): { readonly chosen: Value; readonly rejected: Value } {
  const [batchSize, candidateCount] = candidates.shape as [number, number];
  const perAction = reshape(logProbabilities, [batchSize, 1, policyActionCount]);
  const picked = reshape(sum(multiply(candidates, perAction), [2]), [batchSize, candidateCount]);
  return {
    chosen: slice(picked, 1, 0, 1),
    rejected: slice(picked, 1, 1, candidateCount),
  };
}

/** Arrays for the inputs of `preferenceInputs`, filled anew for every step. */
export interface PreferenceFeeds extends Readonly<Record<string, Float32Array>> {
  readonly points: Float32Array;
  readonly task: Float32Array;
  readonly armBias: Float32Array;
  readonly candidates: Float32Array;
  readonly pairWeights: Float32Array;
}

export function createPreferenceFeeds(batchSize: number, candidateCount: number): PreferenceFeeds {
  return {
    points: new Float32Array(batchSize * 4 * keypointCount),
    task: new Float32Array(batchSize * tasks.length),
    armBias: new Float32Array(batchSize * policyActionCount),
    candidates: new Float32Array(batchSize * candidateCount * policyActionCount),
    pairWeights: new Float32Array(batchSize * (candidateCount - 1)),
  };
}

/**
 * Writes one prompt into a row of a batch.
 *
 * @param points - the scene's keypoints, as they are or moved (see `sceneSymmetry.ts`).
 */
export function fillPreference(
  feeds: PreferenceFeeds,
  row: number,
  { input, positive, negatives }: EncodedPreference,
  points: Float32Array = input.points,
): void {
  feeds.points.set(points, row * points.length);
  feeds.task.set(input.task, row * input.task.length);
  feeds.armBias.set(input.armBias, row * policyActionCount);
  const pairs = feeds.pairWeights.length / (feeds.armBias.length / policyActionCount);
  const first = row * (pairs + 1) * policyActionCount;
  feeds.candidates.fill(0, first, first + (pairs + 1) * policyActionCount);
  feeds.candidates[first + positive] = 1;
  for (let pair = 0; pair < pairs; pair++) {
    // A missing negative repeats one that is there, without weight: its loss stays finite.
    const negative = negatives[pair] ?? negatives[0]!;
    feeds.candidates[first + (pair + 1) * policyActionCount + negative] = 1;
    feeds.pairWeights[row * pairs + pair] = pair < negatives.length ? 1 / negatives.length : 0;
  }
}
