import type { HandPath } from "../core/cell.ts";
import type { SoftBodyState } from "./physics/softBody.ts";
import type { SoftBodySolver } from "./physics/softBodySolver.ts";

/** The fingers hold what is between them while their opening is at most this, metres. */
export const closedOpeningM = 0.02;
/** An object that is still moving after this many control steps is taken as settled. */
const settleStepLimit = 60;

export interface GraspRecord {
  /** Control step at which the fingers closed. */
  readonly step: number;
  /** False when the hand missed. */
  readonly isHolding: boolean;
}

export interface HandPathResult {
  readonly final: SoftBodyState;
  readonly grasps: readonly GraspRecord[];
  /** Particle positions after each step of `captureSteps`, in that order. */
  readonly captured: readonly Float64Array[];
  /** Control steps after the path's end until nothing moved. */
  readonly settleSteps: number;
}

/**
 * Lets a hand act on an object: what lies between the fingers when they close follows the hand until
 * they open; then the object settles. The hand does not push what it does not hold.
 *
 * @param state - where the object lies at rest; not changed.
 * @param captureSteps - control steps of the path, ascending, whose particle positions are wanted.
 */
export function executeHandPath(
  solver: SoftBodySolver,
  state: SoftBodyState,
  path: HandPath,
  captureSteps: readonly number[] = [],
): HandPathResult {
  solver.load(state);
  const grasps: GraspRecord[] = [];
  const captured: Float64Array[] = [];
  let isClosed = path.openings[0]! <= closedOpeningM;
  for (let step = 0; step < path.stepCount; step++) {
    if (step > 0) moveWithHand(solver, path, step);
    const isClosing = path.openings[step]! <= closedOpeningM;
    if (isClosing && !isClosed) {
      grasps.push({ step, isHolding: solver.grasp(handAt(path, step)) });
    } else if (isClosed && !isClosing) solver.release();
    isClosed = isClosing;
    while (captureSteps[captured.length] === step) captured.push(solver.positions.slice());
  }
  solver.release();
  let settleSteps = 0;
  while (solver.isMoving && settleSteps < settleStepLimit) {
    solver.step(0, 0, 0);
    settleSteps++;
  }
  return { final: solver.snapshot(), grasps, captured, settleSteps };
}

function handAt(path: HandPath, step: number): { x: number; y: number; z: number } {
  const { positions } = path;
  return { x: positions[3 * step]!, y: positions[3 * step + 1]!, z: positions[3 * step + 2]! };
}

function moveWithHand(solver: SoftBodySolver, path: HandPath, step: number): void {
  const { positions } = path;
  solver.step(
    positions[3 * step]! - positions[3 * step - 3]!,
    positions[3 * step + 1]! - positions[3 * step - 2]!,
    positions[3 * step + 2]! - positions[3 * step - 1]!,
  );
}
