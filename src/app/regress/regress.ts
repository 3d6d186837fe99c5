import { setImmediate } from "node:timers/promises";
import type { Planner } from "../../ports/planner.ts";
import type { Progress } from "../progress.ts";
import { interrupted } from "../runContext.ts";
import type { SegmenterSpec } from "../segmenterSpec.ts";
import { decideRegression, type RegressionDecision } from "./decideRegression.ts";
import type { GoldenStart } from "./goldenStarts.ts";
import { createScoringCell } from "./scorePlanner.ts";

/** One golden start, and how the planner did on it. */
export interface RegressionTrial {
  readonly session: string;
  readonly task: GoldenStart["task"];
  readonly seed: string;
  readonly baseline: number;
  readonly candidate: number;
}

export interface Regression extends RegressionDecision {
  readonly details: readonly RegressionTrial[];
}

/**
 * Holds a planner against recorded sessions: it tries each of their starts in the simulator, and what
 * it scores is paired with what they scored.
 *
 * @throws {DreamlogError} `INTERRUPTED` once the signal is aborted; what the planner throws, and loading
 *   the segmenter.
 */
export async function regress(
  planner: Planner,
  golden: readonly GoldenStart[],
  options: {
    readonly margin: number;
    /** Sees the starts for the planner; the embedded one when left out. */
    readonly segmenter?: SegmenterSpec;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<Regression> {
  const { margin, segmenter, progress, signal } = options;
  const cell = await createScoringCell(segmenter);
  const details: RegressionTrial[] = [];
  progress.begin("regress", golden.length);
  try {
    for (const { session, task, seed, score: baseline } of golden) {
      await setImmediate();
      if (signal.aborted) throw interrupted("regress");
      const candidate = await cell.score(planner, { task, seed });
      details.push({ session, task, seed, baseline, candidate });
      progress.advance(1);
    }
  } finally {
    await cell.close();
  }
  const decision = decideRegression(details, margin);
  progress.end(`${details.length} starts`);
  return { ...decision, details };
}
