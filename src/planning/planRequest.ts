import { actionAt, actionSpaceOf, feasibleActions } from "../core/actionSpace.ts";
import type { KeypointAction } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import type { PlanRequest } from "../ports/planner.ts";

/**
 * The actions a planner may choose from, in order of their number.
 *
 * @throws {DreamlogError} `GOAL_REACHED_ALREADY` when the goal's keypoints are the observation's;
 *   `CANDIDATES_EXHAUSTED` when fewer actions than candidates are within reach.
 */
export function actionsToChooseFrom(request: PlanRequest): readonly KeypointAction[] {
  assertGoalAhead(request);
  const space = actionSpaceOf(request);
  const actions: KeypointAction[] = [];
  feasibleActions(request).forEach((isFeasible, index) => {
    if (isFeasible === 1) actions.push(actionAt(space, index));
  });
  assertEnough(actions.length, request.candidateCount);
  return actions;
}

/** @throws {DreamlogError} `CANDIDATES_EXHAUSTED` when there are fewer than `wanted`. */
export function assertEnough(found: number, wanted: number): void {
  if (found >= wanted && wanted >= 1) return;
  throw new DreamlogError(
    "CANDIDATES_EXHAUSTED",
    `expected 1 to ${found} candidates to be asked for, found ${wanted}: so many distinct actions are within the arms' reach; lower the number of candidates`,
    { found, wanted },
  );
}

function assertGoalAhead({ current, goal }: PlanRequest): void {
  const isReached =
    current.length === goal.length && current.every((value, at) => value === goal[at]);
  if (!isReached) return;
  throw new DreamlogError(
    "GOAL_REACHED_ALREADY",
    `expected a goal that differs from the observation, found the same ${current.length / 2} keypoints in both; there is nothing to plan`,
    { keypointCount: current.length / 2 },
  );
}
