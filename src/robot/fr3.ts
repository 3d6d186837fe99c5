import type { Point3 } from "../core/camera.ts";
import { baseDistanceM, type Arm } from "../core/cell.ts";

/*
 * The Franka Research 3 with the Franka hand: numbers of franka_description. Joint vectors are in
 * rad, from the base outwards.
 */

export const jointCount = 7;

/** A control step commands seven joint angles (rad) and the finger opening (m). */
export const commandSize = 8;

export const jointLowerRad = [
  -2.7437, -1.7837, -2.9007, -3.0421, -2.8065, 0.5445, -3.0159,
] as const;
export const jointUpperRad = [2.7437, 1.7837, 2.9007, -0.1518, 2.8065, 4.5169, 3.0159] as const;
export const jointVelocityRadPerS = [2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26] as const;
/** The same for every joint. */
export const jointAccelerationRadPerS2 = 10;
export const jointTorqueNm = [87, 87, 87, 87, 12, 12, 12] as const;

/** Distance between the fingertips, metres. */
export const openingMinM = 0;
export const openingMaxM = 0.08;

/** From the hand's mounting face to the point between the fingertips, metres. */
export const toolLengthM = 0.1034;

/**
 * Where both arms wait: hand pointing down, 0.40 m in front of the base and 0.20 m up. Near the
 * workspace, so that a primitive is short, and outside it as the top camera sees it.
 */
export const homeJointsRad = [0, -0.23, 0, -2.7, 0, 2.47, Math.PI / 4] as const;

/**
 * From the cell's axes to an arm's base axes. The left base stands at x = −0.70 m and looks along
 * x; the right one stands at +0.70 m and looks back: half a turn about z, exact in floating point.
 */
export function toBase(arm: Arm, { x, y, z }: Point3): Point3 {
  const half = baseDistanceM / 2;
  return arm === "left" ? { x: x + half, y, z } : { x: half - x, y: -y, z };
}

/** Inverse of `toBase`. */
export function toWorld(arm: Arm, { x, y, z }: Point3): Point3 {
  const half = baseDistanceM / 2;
  return arm === "left" ? { x: x - half, y, z } : { x: half - x, y: -y, z };
}
