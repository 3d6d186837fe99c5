import { DreamlogError } from "../../core/errors.ts";
import { createRandom, type Random } from "../../core/random.ts";

/** A mean and its 95 % interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Names the resampling; equal seeds give equal intervals. */
  readonly seed: string;
  /** Default 2000. */
  readonly resamples?: number;
}

const defaultResamples = 2000;
/** Probability left out on either side of the interval. */
const tail = 0.025;

/**
 * Percentile bootstrap of the mean (Efron 1979): trials are drawn again with replacement, and the
 * interval spans the middle 95 % of the means. It is a point when all scores are equal, so read it
 * together with the number of trials.
 *
 * @param scores - one per trial, any order, at least one.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for no scores, scores that are not finite, or no resamples.
 */
export function bootstrapInterval(scores: readonly number[], options: BootstrapOptions): Interval {
  return averageOverTasks([scores], options);
}

/**
 * The same for the mean of several tasks' means, every task weighing the same: trials are drawn
 * again within their task (stratified bootstrap), since the tasks are chosen and not sampled.
 *
 * @param scoresByTask - per task, one score per trial.
 * @throws {DreamlogError} `ARGUMENT_INVALID` as above, or for no tasks.
 */
export function averageOverTasks(
  scoresByTask: readonly (readonly number[])[],
  options: BootstrapOptions,
): Interval {
  const resamples = options.resamples ?? defaultResamples;
  requireScores(scoresByTask, resamples);
  const random = createRandom(options.seed).split("bootstrap");
  const means = new Float64Array(resamples);
  for (let at = 0; at < resamples; at++) {
    means[at] = mean(scoresByTask.map((scores) => resampledMean(scores, random)));
  }
  means.sort();
  return {
    mean: mean(scoresByTask.map(mean)),
    low: quantile(means, tail),
    high: quantile(means, 1 - tail),
  };
}

function requireScores(scoresByTask: readonly (readonly number[])[], resamples: number): void {
  const counts = scoresByTask.map((scores) => scores.length);
  const isFilled = counts.length > 0 && counts.every((count) => count > 0);
  const isNumeric = scoresByTask.every((scores) => scores.every(Number.isFinite));
  if (isFilled && isNumeric && Number.isInteger(resamples) && resamples > 0) return;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `an interval needs finite scores in every task and at least one resample, found ${isNumeric ? "" : "non-finite scores, "}[${counts.join(", ")}] scores and ${resamples} resamples; evaluate the missing trials first`,
    { counts, resamples },
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function resampledMean(scores: readonly number[], random: Random): number {
  let sum = 0;
  for (let draw = 0; draw < scores.length; draw++) sum += scores[random.index(scores.length)]!;
  return sum / scores.length;
}

/** Linear between the two nearest order statistics. @param sorted - ascending, not empty. */
function quantile(sorted: Float64Array, probability: number): number {
  const at = probability * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}
