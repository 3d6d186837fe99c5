import type { Position } from "../../events/envelope.ts";
import type { JudgeSpec } from "../judgeSpec.ts";
import type { PlannerSpec } from "../plannerSpec.ts";
import type { WorldModelChoice } from "./worldModelChoice.ts";

/** One branching: which sessions it has of its own; all others are those of what it branches from. */
export interface BranchStep {
  /** Unique beside the branches of the same parent. */
  readonly name: string;
  /** Sessions within a run that it recomputes, with all whose names go on from there, such as `judge`. */
  readonly recomputes: readonly string[];
}

/** What a branch of a run does otherwise than the run. */
export interface RunBranch {
  /** From the run's own branch on; a branch of a branch has several. */
  readonly steps: readonly BranchStep[];
  /** Plans the collected trajectories instead of the zero-shot planner. */
  readonly collector?: PlannerSpec;
  /** Dreams instead of the model trained on the run's trajectories. */
  readonly worldModel?: WorldModelChoice;
  /** Judges instead of the default. */
  readonly judge?: JudgeSpec;
  readonly preferences?: {
    /** Best of the first K candidates instead of all. */
    readonly candidateCount?: number;
    /** Learns from no event after this one. */
    readonly uptoPosition?: Position;
  };
}

/** Names a run and its branches, such as `seed-0+judge-random`; its sessions begin so. */
export type RunName = string;

export function nameOfRun(seed: string, steps: readonly BranchStep[]): RunName {
  return [`seed-${seed}`, ...steps.map(({ name }) => name)].join("+");
}

/**
 * The run or branch whose session a name within the run is: that of the last step which recomputes
 * it, or else the run's.
 *
 * @param path - such as `judge` or `collect/rope/00001`.
 */
export function ownerOf(seed: string, steps: readonly BranchStep[], path: string): RunName {
  return nameOfRun(seed, steps.slice(0, ownerDepth(steps, path)));
}

/** The owner before the last step that recomputes `path`; undefined when none does. */
export function formerOwnerOf(
  seed: string,
  steps: readonly BranchStep[],
  path: string,
): RunName | undefined {
  const depth = ownerDepth(steps, path);
  return depth === 0 ? undefined : ownerOf(seed, steps.slice(0, depth - 1), path);
}

function ownerDepth(steps: readonly BranchStep[], path: string): number {
  return steps.findLastIndex((step) => step.recomputes.some((part) => isWithin(path, part))) + 1;
}

function isWithin(path: string, part: string): boolean {
  return path === part || path.startsWith(`${part}/`);
}
