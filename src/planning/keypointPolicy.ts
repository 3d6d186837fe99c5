import { actionSpaceOf, indexOfAction } from "../core/actionSpace.ts";
import { keypointCount } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import { encodePolicyInput } from "../core/policyFeatures.ts";
import { createRandom, type Random } from "../core/random.ts";
import {
  invalidCheckpoint,
  parseSettings,
  readCheckpoint,
  weightsDigest,
} from "../inference/checkpointFile.ts";
import { numericFingerprint } from "../inference/numericFingerprint.ts";
import { loadOnnxSession, type OnnxSession } from "../inference/onnxSession.ts";
import type { Candidate, Planner, PlanRequest } from "../ports/planner.ts";
import { actionsToChooseFrom } from "./planRequest.ts";

/** The trainable planner, with what one of its decisions costs. */
export interface KeypointPolicy extends Planner {
  /** Arithmetic of one decision, 1e9 floating-point operations. */
  readonly gflopPerDecision: number;
  release(): Promise<void>;
}

const origin = "the planner's checkpoint";
const threads = 1;

/**
 * Planner from a checkpoint of `src/learning/policyCheckpoint.ts`. Asked for one candidate it answers
 * with the likeliest action; asked for more it samples without replacement, in order of drawing.
 * Log-probabilities are those of a single draw at `temperature`: they sum to 1 over the actions
 * within reach.
 *
 * @param options.temperature - divides the scores before the softmax: 1 as trained, more explores.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the bytes are truncated, damaged, or no keypoint
 *   policy; `ARGUMENT_INVALID` for a temperature that is not positive. `propose` throws
 *   `CANDIDATES_EXHAUSTED`, `GOAL_REACHED_ALREADY`, and `ARGUMENT_INVALID` for keypoint sets of
 *   another size than the policy's.
 */
export async function createKeypointPolicy(options: {
  readonly checkpoint: Uint8Array;
  readonly temperature: number;
}): Promise<KeypointPolicy> {
  const { checkpoint, temperature } = options;
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new DreamlogError("ARGUMENT_INVALID", `expected a temperature above 0, found ${temperature}; 1 is as trained`); // prettier-ignore
  }
  const { weights, settings } = readCheckpoint(checkpoint, origin);
  const gflopPerDecision = gflopOf(settings);
  const session = await loadOnnxSession({ bytes: checkpoint, origin, threads });
  assertPolicy(session);
  return {
    producer: {
      component: "planning.keypointPolicy",
      version: 1,
      config: { temperature },
      model: weightsDigest(weights),
      fingerprint: numericFingerprint(threads),
    },
    gflopPerDecision,
    async propose(request) {
      assertKeypointCount(request);
      const actions = actionsToChooseFrom(request);
      const logProbabilities = await decide(session, request, temperature);
      const space = actionSpaceOf(request);
      const candidates = actions.map((action) => ({
        action,
        logProbability: logProbabilities[indexOfAction(space, action)]!,
      }));
      return request.candidateCount === 1
        ? [likeliest(candidates)]
        : drawn(candidates, request.candidateCount, createRandom(request.seed));
    },
    release: () => session.release(),
  };
}

/** What the checkpoint's settings say; see `encodePolicy`. */
function gflopOf(settings: string): number {
  const { role, gflopPerDecision } = parseSettings(settings, origin);
  if (role === "planner" && typeof gflopPerDecision === "number") return gflopPerDecision;
  throw invalidCheckpoint(origin, `expected the settings of a planner, found ${settings}`);
}

function assertPolicy({ inputs, outputs }: OnnxSession): void {
  const isPolicy =
    ["points", "task", "armBias", "inverseTemperature"].every((name) => inputs.has(name)) &&
    outputs.has("logProbabilities");
  if (isPolicy) return;
  throw invalidCheckpoint(origin, `expected a keypoint policy, found a model of ${[...inputs.keys()].join(", ")}`); // prettier-ignore
}

function assertKeypointCount(request: PlanRequest): void {
  const { sourceCount, targetCount } = actionSpaceOf(request);
  if (sourceCount === keypointCount && targetCount === keypointCount) return;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected ${keypointCount} keypoints on the object and in the goal, found ${sourceCount} and ${targetCount}; sample as many as the policy was trained with`,
    { sourceCount, targetCount },
  );
}

/** @returns shape [actionCount]. */
async function decide(
  session: OnnxSession,
  request: PlanRequest,
  temperature: number,
): Promise<Float32Array> {
  const { points, task, armBias } = encodePolicyInput(request);
  const inverseTemperature = Float32Array.of(1 / temperature);
  const { logProbabilities } = await session.run({ points, task, armBias, inverseTemperature });
  return logProbabilities as Float32Array;
}

interface RankedCandidate extends Candidate {
  readonly logProbability: number;
}

/** Of equally likely ones the first. */
function likeliest(candidates: readonly RankedCandidate[]): RankedCandidate {
  return candidates.reduce((best, candidate) =>
    candidate.logProbability > best.logProbability ? candidate : best,
  );
}

/**
 * Samples without replacement by the Gumbel top-k trick (Kool et al. 2019): the largest of
 * log p + Gumbel noise are distributed as draws one after another from what is left.
 */
function drawn(
  candidates: readonly RankedCandidate[],
  count: number,
  random: Random,
): readonly RankedCandidate[] {
  return candidates
    .map((candidate) => ({ candidate, key: candidate.logProbability + gumbel(random) }))
    .sort((a, b) => b.key - a.key)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Standard Gumbel noise: −log(−log u), u in (0, 1). */
function gumbel(random: Random): number {
  return -Math.log(-Math.log(random.uniform() + 2 ** -33));
}
