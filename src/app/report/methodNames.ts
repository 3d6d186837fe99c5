import type { Method, ReportSummary, ScoreRow } from "./reportData.ts";

/** Kinds of row, which the report tells apart by colour and by shape. */
export type MethodGroup = "baseline" | "zeroShot" | "verification" | "fineTuned" | "ceiling";

export interface MethodName {
  /** At most 16 characters: the terminal and the axes of figures. */
  readonly label: string;
  readonly group: MethodGroup;
  /** What decides, in one line. */
  readonly meaning: string;
}

export const methodNames: Readonly<Record<Method, MethodName>> = {
  random: {
    label: "random",
    group: "baseline",
    meaning: "any arm, any source keypoint, any target keypoint",
  },
  matcher: {
    label: "matcher",
    group: "baseline",
    meaning:
      "no physics: pairs current with goal keypoints at least total distance, moves the worst",
  },
  zeroShot: {
    label: "zero-shot",
    group: "zeroShot",
    meaning: "the planner before fine-tuning: knows rigid pieces, nothing of deformation",
  },
  verificationN4: {
    label: "verification N=4",
    group: "verification",
    meaning: "4 zero-shot candidates, each dreamed and judged before every decision",
  },
  verificationN8: {
    label: "verification N=8",
    group: "verification",
    meaning: "8 zero-shot candidates, each dreamed and judged before every decision",
  },
  dreamplanEq5: {
    label: "DreamPlan Eq. 5",
    group: "fineTuned",
    meaning: "fine-tuned on judged dreams with the loss of the paper's Eq. (5)",
  },
  orpo: {
    label: "ORPO",
    group: "fineTuned",
    meaning: "fine-tuned on judged dreams with the loss of Hong et al. (2024)",
  },
  oracle: {
    label: "oracle",
    group: "ceiling",
    meaning: "tries actions in the simulator itself: the most one primitive can score",
  },
};

/** @returns the row of a method and task, or undefined when it was not run. */
export function findScore(
  summary: ReportSummary,
  method: Method,
  task: ScoreRow["task"],
): ScoreRow | undefined {
  return summary.scores.find((row) => row.method === method && row.task === task);
}

/** @returns the fine-tuned planner with the higher average score, the earlier on a tie. */
export function bestFineTuned(summary: ReportSummary): Method | undefined {
  const rows = summary.scores.filter(
    (row) => row.task === "average" && methodNames[row.method].group === "fineTuned",
  );
  const best = Math.max(...rows.map((row) => row.mean));
  return rows.find((row) => row.mean === best)?.method;
}

/** @returns such as "100 trials per task", or "30 to 100 trials per task" where methods differ. */
export function trialsPerTask(summary: ReportSummary): string {
  const counts = summary.scores.filter((row) => row.task !== "average").map((row) => row.trials);
  if (counts.length === 0) return "no trials";
  const least = Math.min(...counts);
  const most = Math.max(...counts);
  if (most === 1) return "1 trial per task";
  return `${least === most ? most : `${least} to ${most}`} trials per task`;
}
