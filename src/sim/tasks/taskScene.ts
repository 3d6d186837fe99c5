import { workspaceSideM, type Task } from "../../core/cell.ts";
import { createRandom, type Random } from "../../core/random.ts";
import { executeHandPath } from "../executeHandPath.ts";
import type { SimObject } from "../objects/simObject.ts";
import type { SoftBodyState } from "../physics/softBody.ts";
import type { SoftBodySolver } from "../physics/softBodySolver.ts";
import { straightHandPath } from "../straightHandPath.ts";
import { drawDrag } from "./drags.ts";
import { shapeErrorM, tolerances } from "./scoring.ts";
import { drawStart } from "./startStates.ts";

/** Where the object lies at first, and where it should lie. Both at rest. */
export interface TaskScene {
  readonly start: SoftBodyState;
  readonly goal: SoftBodyState;
}

/** Drags that an object has been through before its start: ropes and cloths may be untouched. */
const earlierDragsMax: Record<Task, number> = { rope: 1, cloth: 0, toy: 1 };
/** Everything of the object stays this far inside the workspace, metres. */
const marginM = 0.015;
/** A goal is at least so many times farther from the start than what would score ½. */
const leastChange = 1.5;
const attemptLimit = 500;

/**
 * A start and a goal that one primitive connects: the goal is what one drag by a hand made of the
 * start. So every goal is reachable, and doing nothing scores 0.
 *
 * @param seed - names the scene; equal seeds give equal scenes, bit for bit.
 */
export function createTaskScene(
  task: Task,
  seed: string,
  object: SimObject,
  solver: SoftBodySolver,
): TaskScene {
  const random = createRandom(`cell/${task}/${seed}`);
  for (let attempt = 0; attempt < attemptLimit; attempt++) {
    const scene = drawScene(task, object, solver, random);
    if (scene !== null) return scene;
  }
  throw new Error(`no solvable ${task} start within ${attemptLimit} draws for seed "${seed}"`);
}

function drawScene(
  task: Task,
  object: SimObject,
  solver: SoftBodySolver,
  random: Random,
): TaskScene | null {
  let start: SoftBodyState | null = drawStart(task, object.model, random);
  for (let drags = random.index(earlierDragsMax[task] + 1); drags > 0 && start !== null; drags--) {
    start = dragged(task, object, solver, start, random);
  }
  if (start === null || !isInside(start)) return null;
  const goal = dragged(task, object, solver, start, random);
  if (goal === null || !isInside(goal)) return null;
  const changeM = shapeErrorM(object, start.positions, goal.positions);
  return changeM < leastChange * tolerances[task].halfM ? null : { start, goal };
}

function dragged(
  task: Task,
  object: SimObject,
  solver: SoftBodySolver,
  state: SoftBodyState,
  random: Random,
): SoftBodyState | null {
  const drag = drawDrag(task, object.model, state, random);
  if (drag === null) return null;
  const { final, grasps } = executeHandPath(solver, state, straightHandPath(drag));
  return grasps.every(({ isHolding }) => isHolding) ? final : null;
}

function isInside({ positions }: SoftBodyState): boolean {
  const limitM = workspaceSideM / 2 - marginM;
  return positions.every((coordinate, at) => at % 3 === 2 || Math.abs(coordinate) < limitM);
}
