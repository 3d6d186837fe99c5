import type { Task } from "../../core/cell.ts";
import { createSimObject, type SimObject } from "../objects/simObject.ts";
import { modifiedHausdorffDistance, shapeField } from "./shapeDistance.ts";
import { visibleShape } from "./visibleShape.ts";

/** Shape errors up to which an outcome scores 1 and ½, metres. */
export interface Tolerances {
  readonly fullM: number;
  readonly halfM: number;
}

export const tolerances: Readonly<Record<Task, Tolerances>> = {
  rope: { fullM: 0.02, halfM: 0.03 },
  cloth: { fullM: 0.007, halfM: 0.013 },
  toy: { fullM: 0.01, halfM: 0.017 },
};

/** A trial's result: what `evaluation.outcomeScored` holds. */
export interface Outcome {
  readonly score: 0 | 0.5 | 1;
  readonly errorM: number;
}

/**
 * Distance between what two states of an object hide of the table, seen from straight above: shape
 * and place, not which particle lies where. That is what a goal picture shows.
 *
 * @param a - shape [particleCount, 3], world metres.
 * @returns modified Hausdorff distance of the two areas, metres.
 */
export function shapeErrorM(object: SimObject, a: Float64Array, b: Float64Array): number {
  return modifiedHausdorffDistance(
    shapeField(visibleShape(object, a)),
    shapeField(visibleShape(object, b)),
  );
}

/** The rule of the score: 1 within `fullM` of the goal's shape, ½ within `halfM`, else 0. */
export function outcomeOf(task: Task, errorM: number): Outcome {
  const { fullM, halfM } = tolerances[task];
  return { score: errorM <= fullM ? 1 : errorM <= halfM ? 0.5 : 0, errorM };
}

/**
 * Scores a final state against the goal's.
 *
 * @param goalParticles - shape [particleCount, 3], world metres.
 */
export function scoreOutcome(
  task: Task,
  goalParticles: Float32Array,
  finalParticles: Float32Array,
): Outcome {
  const object = createSimObject(task);
  const [goal, final] = [goalParticles, finalParticles].map((p) => Float64Array.from(p));
  return outcomeOf(task, shapeErrorM(object, goal!, final!));
}
