import type { Point3 } from "./camera.ts";
import { baseDistanceM, type Arm } from "./cell.ts";

/**
 * Farthest horizontal distance from its base at which an arm works near the table with the hand
 * pointing down, metres. The FR3 gets about 0.80 m there; the rest is kept for lifting.
 */
export const armReachM = 0.78;

/** @returns where an arm is mounted, world metres on the table plane. */
export function armBase(arm: Arm): Point3 {
  return { x: arm === "left" ? -baseDistanceM / 2 : baseDistanceM / 2, y: 0, z: 0 };
}

/** @returns squared horizontal distance of a point from an arm's base, m². */
export function squaredDistanceFromBase(arm: Arm, point: { x: number; y: number }): number {
  const base = armBase(arm);
  const dx = point.x - base.x;
  const dy = point.y - base.y;
  return dx * dx + dy * dy;
}

/** The rule by which planners leave actions out; compiling the primitive has the last word. */
export function canReach(arm: Arm, point: { x: number; y: number }): boolean {
  return squaredDistanceFromBase(arm, point) <= armReachM * armReachM;
}
