import { DreamlogError } from "../core/errors.ts";
import { createRandom, shuffled, type Random } from "../core/random.ts";
import { finalFramePsnrDb } from "./finalFramePsnr.ts";
import { createBatchSource, type TrainingClip } from "./worldModelBatches.ts";
import { decodeWorldModel, encodeWorldModel } from "./worldModelCheckpoint.ts";
import type { WorldModelArchitecture } from "./worldModelGraph.ts";
import { createWorldModelTrainer } from "./worldModelTrainer.ts";

export type { TrainingClip } from "./worldModelBatches.ts";

/** What a training of the control branch is made from; answers are a function of it, bit for bit. */
export interface WorldModelTraining {
  /** Checkpoint file to start from: frozen backbone and control branch. */
  readonly init: Uint8Array;
  /** At least two; in order, which counts. Some are held out to measure on. */
  readonly clips: readonly TrainingClip[];
  /** Optimiser steps. */
  readonly steps: number;
  /** After a short warm-up; falls evenly to 0. Default 5e-4. */
  readonly learningRate?: number;
  readonly seed: string;
  /** Threads inside one operator; the weights do not depend on it. Default 2. */
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface TrainedWorldModel {
  /** An ONNX file like `init`, its backbone unchanged bit for bit. */
  readonly checkpoint: Uint8Array;
  readonly columns: readonly string[];
  /** Shape [rows, columns.length]; the first row is the start's, at step 0. */
  readonly curve: Float32Array;
  /** Where the kept weights come from: the measured step that dreamed held-out clips best. */
  readonly selected: { readonly step: number; readonly measure: string; readonly value: number };
}

const worldModelBatchSize = 8;
const learningRateDefault = 5e-4;
/** Adam's means need some steps before they mean something. */
const warmUpSteps = 20;
/** Of every so many clips one is held out, up to a limit: each costs a dream at every measurement. */
const heldOutEvery = 8;
const heldOutMax = 32;
const measurementsMax = 8;
const columns = ["step", "loss", "heldOutPsnrDb"] as const;

/**
 * Trains the control branch on logged trajectories by the denoising loss. Measures the moving average of
 * the weights on held-out clips at evenly spaced steps, the start included, and keeps the best.
 *
 * @throws {DreamlogError} `CHECKPOINT_INVALID` for a damaged `init` or one without control branch;
 *   `ARGUMENT_INVALID` for fewer than two clips or pictures of another size.
 */
export async function trainWorldModel(training: WorldModelTraining): Promise<TrainedWorldModel> {
  const { init, steps, seed, learningRate = learningRateDefault, threads = 2 } = training;
  const model = decodeWorldModel(init, "the checkpoint to start from");
  checkTraining(training, model.architecture);
  const random = createRandom(seed);
  const [heldOut, seen] = split(training.clips, random.split("split"));
  const nextBatch = createBatchSource(seen, {
    architecture: model.architecture,
    batchSize: worldModelBatchSize,
    random: random.split("batches"),
  });
  const measure = (weights: Float32Array) =>
    // The same noise every time, so that measurements compare weights and nothing else.
    finalFramePsnrDb({ ...model, weights }, heldOut, random.split("held out"));
  const trainer = await createWorldModelTrainer(model, { batchSize: worldModelBatchSize, threads });

  let best = { step: 0, value: await measure(model.weights), weights: model.weights };
  const rows: number[] = [];
  const interval = Math.max(1, Math.ceil(steps / measurementsMax));
  let lossSum = 0;
  let lossCount = 0;
  for (let step = 1; step <= steps; step++) {
    const rate = learningRate * Math.min(1, step / warmUpSteps) * (1 - (step - 1) / steps);
    const { loss } = await trainer.step(nextBatch(), rate);
    // A step reports the loss of the weights it found: the first one's is that of the start.
    if (step === 1) rows.push(0, loss, best.value);
    lossSum += loss;
    lossCount++;
    training.onProgress?.(step, steps);
    if (step % interval !== 0 && step !== steps) continue;
    const weights = trainer.averagedWeights();
    const value = await measure(weights);
    rows.push(step, lossSum / lossCount, value);
    if (value > best.value) best = { step, value, weights };
    lossSum = 0;
    lossCount = 0;
  }
  await trainer.release();
  const provenance = { ...model.provenance, trainedSteps: best.step, seed };
  return {
    checkpoint: encodeWorldModel({ ...model, weights: best.weights, provenance }),
    columns,
    curve: Float32Array.from(rows),
    selected: { step: best.step, measure: "heldOutPsnrDb", value: best.value },
  };
}

function checkTraining(training: WorldModelTraining, architecture: WorldModelArchitecture): void {
  const { clips } = training;
  const { sidePx, frameCount, hasControl } = architecture;
  if (!hasControl) {
    throw invalid("expected a checkpoint with a control branch to train, found a backbone alone");
  }
  if (clips.length < 2) {
    throw invalid(`expected at least two clips, one to learn from and one to measure on, found ${clips.length}; collect more`); // prettier-ignore
  }
  clips.forEach(({ firstFrame, targets }, at) => {
    const isFit = [firstFrame, ...targets].every(
      ({ widthPx, heightPx }) => widthPx === sidePx && heightPx === sidePx,
    );
    if (isFit && targets.length === frameCount) return;
    throw invalid(`expected ${frameCount} frames of ${sidePx}×${sidePx} in clip ${at}, found ${targets.length} of ${firstFrame.widthPx}×${firstFrame.heightPx}`); // prettier-ignore
  });
}

function invalid(what: string): DreamlogError {
  return new DreamlogError("ARGUMENT_INVALID", what);
}

/** @returns clips to measure on and clips to learn from; no clip is both. */
function split(
  clips: readonly TrainingClip[],
  random: Random,
): [readonly TrainingClip[], readonly TrainingClip[]] {
  const order = shuffled(clips, random);
  const heldOutCount = Math.min(heldOutMax, Math.max(1, Math.floor(order.length / heldOutEvery)));
  return [order.slice(0, heldOutCount), order.slice(heldOutCount)];
}
