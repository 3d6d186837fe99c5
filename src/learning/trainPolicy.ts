import { DreamlogError } from "../core/errors.ts";
import { createRandom, shuffled, type Random } from "../core/random.ts";
import { weightsDigest } from "../inference/checkpointFile.ts";
import { Graph } from "./graph/graph.ts";
import { weightedMean } from "./graph/reduce.ts";
import { mean } from "./losses/logProbability.ts";
import { decodePolicy, encodePolicy, type PolicyWeights } from "./policyCheckpoint.ts";
import { createPolicyEvaluator, type PolicyEvaluator } from "./policyEvaluation.ts";
import { policyLogProbabilities } from "./policyGraph.ts";
import { createPreferenceFeeds, encodePreference, fillPreference, pairLogProbabilities, preferenceInputs, type EncodedPreference, type PreferenceExample, type PreferenceFeeds } from "./preferenceBatch.ts"; // prettier-ignore
import { preferenceLoss, type PreferenceLoss } from "./preferenceLoss.ts";
import { displacedAtRandom, turnedAtRandom } from "./sceneSymmetry.ts";
import { createTrainer, type Trainer } from "./trainer.ts";

export type { PreferenceExample } from "./preferenceBatch.ts";
export type { PreferenceLoss } from "./preferenceLoss.ts";

export interface PolicyTraining {
  /** Checkpoint file of the policy to start from. */
  readonly init: Uint8Array;
  /** At least two; a tenth is held out. */
  readonly examples: readonly PreferenceExample[];
  readonly loss: PreferenceLoss;
  readonly steps: number;
  /** Of the first step; falls to a tenth of it along a cosine. */
  readonly learningRate: number;
  /** Names the held-out examples, the minibatches and how their scenes are turned. */
  readonly seed: string;
  readonly onProgress?: (stepsDone: number, steps: number) => void;
}

export interface TrainedPolicy {
  /** Checkpoint file of the kept step. */
  readonly checkpoint: Uint8Array;
  /** Of `curve`; the first is the step. */
  readonly columns: readonly string[];
  /** Row-major, shape [rows, columns.length]; one row whenever the held-out examples were measured. */
  readonly curve: Float32Array;
  /** The step whose weights were kept. */
  readonly selected: { readonly step: number; readonly measure: string; readonly value: number };
}

const batchSize = 32;
const heldOutShare = 0.1;
/** Times the held-out examples are measured, after once at the start. */
const measurementCount = 20;
const finalRateShare = 0.1;
const columns = ["step", "trainingLoss", "heldOutLoss", "heldOutLogLikelihood", "heldOutAccuracy"];

/**
 * Fine-tunes a keypoint policy on preferences. Each step sees `batchSize` prompts, each with its
 * positive against all of its negatives, every scene turned and displaced at random (see
 * `sceneSymmetry.ts`). A tenth of the prompts, drawn by the seed, is held out; the weights that rank
 * the largest share of these prompts' negatives below their positives are kept, the later ones of
 * equals, those of step 0 included. (The likelihood of the held-out positives, which measures how
 * sharp the policy is as well, kept policies that acted worse in the simulator.)
 *
 * Blocks its thread while it computes. Equal arguments give equal bytes on one numeric fingerprint.
 *
 * @throws {DreamlogError} `CHECKPOINT_INVALID` for `init`; `ARGUMENT_INVALID` for fewer than two
 *   examples, one that `encodePreference` refuses, or no steps.
 */
export async function trainPolicy(training: PolicyTraining): Promise<TrainedPolicy> {
  checkTraining(training);
  const init = decodePolicy(training.init, "the checkpoint to start from");
  const random = createRandom(training.seed);
  const { learnable, heldOut } = split(training.examples, random.split("held out"));
  const candidateCount = 1 + Math.max(...learnable.map(({ negatives }) => negatives.length));
  const nextBatch = createBatches(learnable, candidateCount, random.split("batches"));
  const evaluator = await createPolicyEvaluator({
    architecture: init.architecture,
    preferences: heldOut,
    loss: training.loss,
  });
  const trainer = await createPolicyTrainer(init, training.loss, candidateCount);
  try {
    const course = await runTraining({ training, trainer, evaluator, nextBatch });
    return {
      checkpoint: encodePolicy({
        ...init,
        weights: course.weights,
        provenance: provenanceOf(training, init, course.selected.step),
      }),
      columns,
      curve: Float32Array.from(course.rows.flat()),
      selected: course.selected,
    };
  } finally {
    await evaluator.release();
    await trainer.release();
  }
}

function checkTraining({ examples, steps }: PolicyTraining): void {
  if (examples.length < 2) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected at least 2 preferences to train on some and measure on others, found ${examples.length}; dream and judge more starts`,
      { examples: examples.length },
    );
  }
  if (Number.isInteger(steps) && steps >= 1) return;
  throw new DreamlogError("ARGUMENT_INVALID", `expected 1 step or more, found ${steps}`, { steps });
}

function split(examples: readonly PreferenceExample[], random: Random) {
  const order = shuffled(examples.map(encodePreference), random);
  const heldOutCount = Math.max(1, Math.round(heldOutShare * order.length));
  return { heldOut: order.slice(0, heldOutCount), learnable: order.slice(heldOutCount) };
}

function createPolicyTrainer(
  { architecture, weights }: PolicyWeights,
  loss: PreferenceLoss,
  candidateCount: number,
): Promise<Trainer> {
  const graph = new Graph();
  const inputs = preferenceInputs(graph, batchSize, candidateCount);
  const logProbabilities = policyLogProbabilities(graph, inputs, architecture);
  const { chosen, rejected } = pairLogProbabilities(logProbabilities, inputs);
  return createTrainer({
    graph,
    loss: weightedMean(preferenceLoss(chosen, rejected, loss), inputs.pairWeights),
    weights,
  });
}

interface Course {
  readonly rows: readonly (readonly number[])[];
  readonly selected: TrainedPolicy["selected"];
  /** Of the selected step. */
  readonly weights: Float32Array;
}

async function runTraining(options: {
  readonly training: PolicyTraining;
  readonly trainer: Trainer;
  readonly evaluator: PolicyEvaluator;
  readonly nextBatch: () => PreferenceFeeds;
}): Promise<Course> {
  const { trainer, evaluator, nextBatch } = options;
  const { steps, learningRate, onProgress } = options.training;
  const rows: number[][] = [];
  let best = { step: -1, value: -Infinity, weights: trainer.weights() };
  let losses: number[] = [];
  const measure = async (step: number, weights: Float32Array) => {
    const { loss, logLikelihood, accuracy } = await evaluator.measure(weights);
    rows.push([step, mean(losses), loss, logLikelihood, accuracy]);
    if (step > 0) losses = [];
    if (accuracy >= best.value) best = { step, value: accuracy, weights };
  };
  for (let step = 0; step < steps; step++) {
    const before = step === 0 ? trainer.weights() : null;
    const rate = learningRate * cosineDecay(step / steps);
    losses.push((await trainer.step(nextBatch(), rate)).loss);
    // A step reports the loss it found: the first one's is of the weights training began with.
    if (before !== null) await measure(0, before);
    if (isMeasured(step + 1, steps)) await measure(step + 1, trainer.weights());
    onProgress?.(step + 1, steps);
  }
  const { step, value, weights } = best;
  return { rows, selected: { step, measure: "heldOutAccuracy", value }, weights };
}

/** From 1 to `finalRateShare` as `progress` goes from 0 to 1. */
function cosineDecay(progress: number): number {
  return finalRateShare + (1 - finalRateShare) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/** About `measurementCount` times, evenly, and at the last step. */
function isMeasured(step: number, steps: number): boolean {
  return step === steps || step % Math.max(1, Math.round(steps / measurementCount)) === 0;
}

/** Passes over the examples in an order drawn anew each time; a batch may span two passes. */
function createBatches(
  examples: readonly EncodedPreference[],
  candidateCount: number,
  random: Random,
): () => PreferenceFeeds {
  const feeds = createPreferenceFeeds(batchSize, candidateCount);
  let waiting: EncodedPreference[] = [];
  return () => {
    for (let row = 0; row < batchSize; row++) {
      if (waiting.length === 0) waiting = shuffled(examples, random);
      const example = waiting.pop()!;
      const turned = turnedAtRandom(example.input.points, random);
      fillPreference(feeds, row, example, displacedAtRandom(turned, random));
    }
    return feeds;
  };
}

function provenanceOf(training: PolicyTraining, init: PolicyWeights, keptStep: number) {
  const { loss, steps, learningRate, seed, examples } = training;
  return {
    method: "learning.trainPolicy",
    from: weightsDigest(init.weights),
    examples: examples.length,
    loss,
    steps,
    learningRate,
    seed,
    keptStep,
  };
}
