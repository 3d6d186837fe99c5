import type { Task } from "../../core/cell.ts";
import type { Method } from "./reportData.ts";

/**
 * What DreamPlan (arXiv 2603.16860) reports, for orientation: two real arms, ten trials per task,
 * Qwen3-VL-8B as the planner. Tables I to III. Arithmetic in 1e9 operations.
 */
export const paperScores: readonly {
  readonly name: string;
  readonly byTask: Readonly<Record<Task | "average", number>>;
}[] = [
  { name: "zero-shot", byTask: { rope: 0.2, cloth: 0.1, toy: 0.7, average: 0.33 } },
  { name: "fine-tuned", byTask: { rope: 0.6, cloth: 0.35, toy: 0.85, average: 0.6 } },
];

export const paperPsnr = { objectOnly: 26.25, fullScene: 24.7 };

export const paperDecisions: Readonly<
  Partial<
    Record<Method, { readonly average: number; readonly seconds: number; readonly gflop: number }>
  >
> = {
  verificationN4: { average: 0.48, seconds: 926.32, gflop: 7.82e7 },
  verificationN8: { average: 0.5, seconds: 2605.56, gflop: 1.56e8 },
};

/** The paper's fine-tuned planner in its Table III. */
export const paperFineTunedDecision = { average: 0.6, seconds: 1.12, gflop: 15_140 };
