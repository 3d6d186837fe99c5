import { tasks as allTasks, type Task } from "../core/cell.ts";
import type { Planner } from "../ports/planner.ts";
import { silentProgress } from "../app/progress.ts";
import {
  decideRegression,
  defaultMargin,
  type PairedTrial,
} from "../app/regress/decideRegression.ts";
import { createScoringCell } from "../app/regress/scorePlanner.ts";
import { replayFile, type ReplayReport } from "../app/replayFile.ts";
import { preferredShare, type Preference } from "./preferences.ts";

/** What a matcher tells the test runner. */
export interface MatcherResult {
  readonly pass: boolean;
  /** Why, whichever way the expectation was meant. */
  readonly message: () => string;
}

export interface ScoreConstraints {
  /** Default: all. */
  readonly tasks?: readonly Task[];
  /** Starts of each task, 1 or more. Default 20. */
  readonly trials?: number;
  /** Loss of score that counts as none, above 0. Default 0.1. */
  readonly margin?: number;
}

/**
 * `await expect(path).toReplayExactly()`: every derived event of a log file is computed again and is
 * as it was; whatever cannot be computed here counts against it.
 *
 * @param sessions - only these, with what they share; all when left out.
 */
export async function toReplayExactly(
  path: string,
  sessions: readonly string[] | null = null,
): Promise<MatcherResult> {
  const report = await replayFile({
    path,
    sessions,
    types: null,
    jobs: 1,
    progress: silentProgress,
    signal: new AbortController().signal,
  });
  const isExact = report.outcome === "verified" && report.tolerated.length === 0;
  const count = report.byType.reduce((sum, { verified }) => sum + verified, 0);
  return {
    pass: isExact,
    message: () =>
      isExact
        ? `expected ${path} not to replay exactly, but it does: ${count} derivations`
        : `expected ${path} to replay exactly, found it ${report.outcome}: ${reasonOf(report)}`,
  };
}

function reasonOf(report: ReplayReport): string {
  const { firstDivergence, digests, unknownProducers, tolerated } = report;
  if (firstDivergence !== null) {
    const { session, seq, type, field, expected, found } = firstDivergence;
    return `${session}, seq ${seq} (${type}): ${field}: expected ${expected}, found ${found}`;
  }
  const [problem] = digests.problems;
  if (problem !== undefined) return problem.what;
  const reasons = unknownProducers.map(({ component, reason }) => `${component}: ${reason}`);
  return [...reasons, ...tolerated.map(({ type, field }) => `${type}: ${field} differs`)].join(
    "; ",
  );
}

/** `await expect(planner).toPreferAtLeast(0.8, preferences)`: see `preferredShare`. */
export async function toPreferAtLeast(
  planner: Planner,
  share: number,
  preferences: readonly Preference[],
): Promise<MatcherResult> {
  const found = await preferredShare(planner, preferences);
  return {
    pass: found >= share,
    message: () =>
      `expected ${planner.producer.component} to prefer the positive in ${found >= share ? "less than" : "at least"} ${share} of the pairs, found ${found.toFixed(3)} of ${preferences.length} preferences`,
  };
}

/**
 * `await expect(planner).toScoreNoWorseThan(baseline, { tasks, trials })`: both try the same starts in
 * the simulator, and a paired bootstrap says "no worse". It fails for "worse", and for too few trials
 * to tell, with how many more it takes.
 */
export async function toScoreNoWorseThan(
  planner: Planner,
  baseline: Planner,
  constraints: ScoreConstraints = {},
): Promise<MatcherResult> {
  const { tasks = allTasks, trials = 20, margin = defaultMargin } = constraints;
  const decision = decideRegression(await pairedTrials(planner, baseline, tasks, trials), margin);
  const { verdict, difference, furtherTrials } = decision;
  const { mean, low, high } = difference;
  const more = furtherTrials === 0 ? "" : ` (about ${furtherTrials} more would tell)`;
  return {
    pass: verdict === "no worse",
    message: () =>
      `expected ${planner.producer.component} to score ${verdict === "no worse" ? "worse" : "no worse"} than ${baseline.producer.component}, found "${verdict}"${more}: difference ${mean.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}, margin ${margin}, ${decision.trials} trials`,
  };
}

async function pairedTrials(
  planner: Planner,
  baseline: Planner,
  tasks: readonly Task[],
  trials: number,
): Promise<readonly PairedTrial[]> {
  const cell = await createScoringCell();
  try {
    const paired: PairedTrial[] = [];
    for (const task of tasks) {
      for (let number = 0; number < trials; number++) {
        const start = { task, seed: `test/${task}/${number}` };
        paired.push({
          task,
          baseline: await cell.score(baseline, start),
          candidate: await cell.score(planner, start),
        });
      }
    }
    return paired;
  } finally {
    await cell.close();
  }
}

/** For `expect.extend`. */
export const dreamlogMatchers = { toReplayExactly, toPreferAtLeast, toScoreNoWorseThan };
