import type { PreferenceLoss } from "../stages/orpo.ts";
import type { JudgeSpec } from "../judgeSpec.ts";
import type { StageName } from "../runPipeline.ts";
import type { PlannerChoice } from "./plannerChoice.ts";
import type { WorldModelSpec } from "./worldModelChoice.ts";

/** What a branch is to do otherwise than the run it branches from. */
export type BranchRequest =
  | { readonly kind: "replan"; readonly planner: PlannerChoice }
  | { readonly kind: "redream"; readonly worldModel: WorldModelSpec }
  | { readonly kind: "rejudge"; readonly judge: JudgeSpec }
  | ({ readonly kind: "retrain"; readonly loss: PreferenceLoss } & Retraining);

/** Settings of a training that differ from the run's; all that are left out stay as they were. */
export interface Retraining {
  /** Best of the first K candidates, 2 or more. */
  readonly candidateCount?: number;
  /** λ, the weight of the odds-ratio term, which TRL calls beta. */
  readonly lambda?: number;
  readonly steps?: number;
  readonly learningRate?: number;
  /** Learns from no event after this position. */
  readonly uptoPosition?: number;
}

/** Sessions below a judge: what is learned from its verdicts, and what decides by them. */
const belowJudge = [
  "orpo",
  "evaluate/verificationN4",
  "evaluate/verificationN8",
  "evaluate/dreamplanEq5",
  "evaluate/orpo",
  "evaluate/summary",
];
/** The zero-shot planner's trials dream what it chose, to hold the dream against the truth. */
const belowDreams = ["judge", ...belowJudge, "evaluate/zeroShot"];

/** Nobody asks a person while the cell waits: what decides by a judge goes on with the one it has. */
function belowJudgeOf({ kind }: JudgeSpec): readonly string[] {
  if (kind !== "human") return belowJudge;
  return belowJudge.filter((session) => !session.includes("verification"));
}

/** Where the recomputation begins, and the sessions it has of its own (see `BranchStep.recomputes`). */
export function reachOf(request: BranchRequest): {
  readonly from: StageName;
  readonly recomputes: readonly string[];
} {
  switch (request.kind) {
    case "replan":
      return { from: "collect", recomputes: ["collect", "world-model", "dream", ...belowDreams] };
    case "redream":
      return { from: "dream", recomputes: ["dream", ...belowDreams] };
    case "rejudge":
      return { from: "judge", recomputes: ["judge", ...belowJudgeOf(request.judge)] };
    case "retrain": {
      const { loss } = request;
      return { from: "orpo", recomputes: [`orpo/${loss}`, `evaluate/${loss}`, "evaluate/summary"] };
    }
  }
}
