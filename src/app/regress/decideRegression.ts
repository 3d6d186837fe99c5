import { DreamlogError } from "../../core/errors.ts";
import { averageOverTasks, type Interval } from "../report/bootstrap.ts";

/** Scores of both planners on one start. */
export interface PairedTrial {
  readonly task: string;
  readonly baseline: number;
  readonly candidate: number;
}

/** What a number of trials says of a planner held against a baseline. */
export interface RegressionDecision {
  /**
   * - `worse`: the whole interval of the difference lies below 0.
   * - `no worse`: the whole interval lies above −margin.
   * - `too few trials`: neither; `furtherTrials` says how many would probably settle it.
   */
  readonly verdict: "worse" | "no worse" | "too few trials";
  readonly trials: number;
  /** Candidate − baseline, the mean of the tasks' means, with its paired-bootstrap 95 % interval. */
  readonly difference: Interval;
  /** Loss of score up to which a planner counts as no worse. */
  readonly margin: number;
  /** Beyond those there are, were the difference to stay as it is; 0 where the verdict is clear. */
  readonly furtherTrials: number;
}

/** Of score, whose steps are ½. */
export const defaultMargin = 0.1;
/**
 * The rule of three: of an event not seen in n trials, 3/n is the upper end of the 95 % interval of its
 * probability (Hanley and Lippman-Hand 1983).
 */
const ruleOfThree = 3;
/** A difference so near to what would decide that no number of trials is promised to settle it. */
const furtherTrialsMax = 100_000;

/**
 * Decides from paired trials: each start is its own control, and tasks weigh the same. Where all
 * differences are equal, resampling sees no spread at all; the rule of three then bounds what further
 * trials could bring.
 *
 * @param trials - at least one.
 * @param margin - above 0.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for no trials or another margin.
 */
export function decideRegression(
  trials: readonly PairedTrial[],
  margin: number = defaultMargin,
): RegressionDecision {
  if (trials.length === 0 || !(margin > 0)) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected at least one trial and a margin above 0, found ${trials.length} and ${margin}`,
      { trials: trials.length, margin },
    );
  }
  const { interval: difference, isBounded } = intervalOf(trials);
  const { low, high } = difference;
  const verdict = high < 0 ? "worse" : low > -margin ? "no worse" : "too few trials";
  const furtherTrials =
    verdict === "too few trials"
      ? furtherTrialsFor(trials.length, difference, margin, isBounded)
      : 0;
  return { verdict, trials: trials.length, difference, margin, furtherTrials };
}

/** @returns `isBounded`: whether the interval is the rule of three's instead of the bootstrap's. */
function intervalOf(trials: readonly PairedTrial[]): {
  readonly interval: Interval;
  readonly isBounded: boolean;
} {
  const byTask = new Map<string, number[]>();
  for (const { task, baseline, candidate } of trials) {
    byTask.set(task, [...(byTask.get(task) ?? []), candidate - baseline]);
  }
  const interval = averageOverTasks([...byTask.values()], { seed: "regression" });
  if (interval.low < interval.high) return { interval, isBounded: false };
  const { mean } = interval;
  const unseen = ruleOfThree / trials.length;
  const bounded = { mean, low: Math.max(-1, mean - unseen), high: Math.min(1, mean + unseen) };
  return { interval: bounded, isBounded: true };
}

/** A bootstrap interval shrinks as the square root of the number of trials, the rule of three as it. */
function furtherTrialsFor(
  trials: number,
  { mean, low, high }: Interval,
  margin: number,
  isBounded: boolean,
): number {
  // Towards "no worse" the lower end has to rise above −margin, towards "worse" the upper end below 0.
  const [reach, room] = mean > -margin / 2 ? [mean - low, mean + margin] : [high - mean, -mean];
  const wanted = isBounded ? ruleOfThree / room : trials * (reach / room) ** 2;
  return Math.min(furtherTrialsMax, Math.max(1, Math.floor(wanted) + 1 - trials));
}
