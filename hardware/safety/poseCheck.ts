import type { Point3 } from "../../src/core/camera.ts";
import type { Arm } from "../../src/core/cell.ts";
import type { ArmKinematics } from "../../src/robot/armKinematics.ts";
import { linkCapsules, type ArmCapsule } from "../../src/robot/armShape.ts";
import { capsuleDistance } from "./capsuleDistance.ts";
import { brakingPath, type JointMotion } from "./jointMotion.ts";
import type { SafetyLimits } from "./safetyLimits.ts";

/** Which limit of space a posture or a step would break. */
export type SpaceBreach =
  "jointPosition" | "workspace" | "tablePlane" | "armDistance" | "toolSpeed";

/** The other arm, which rests while this one moves. */
export type OtherShape = readonly ArmCapsule[];

export function shapeOf(
  kinematics: ArmKinematics,
  arm: Arm,
  { joints, openingM }: JointMotion,
): readonly ArmCapsule[] {
  return linkCapsules(kinematics, arm, joints, openingM);
}

/**
 * Holds a step and all of the braking that could follow it against the limits of space.
 *
 * A step that passes leaves a way to stop that passes too: braking is always possible. Postures are
 * checked at every command; between two commands the closing point goes at most
 * `toolSpeedMPerS / rateHz`, which the clearances have to allow for.
 *
 * @param from - where the step begins.
 * @returns the first limit that the step or its braking would break, or null.
 */
export function findBreach(
  kinematics: ArmKinematics,
  arm: Arm,
  from: JointMotion,
  step: JointMotion,
  other: OtherShape,
  limits: SafetyLimits,
): SpaceBreach | null {
  let before = toolOf(shapeOf(kinematics, arm, from));
  for (const motion of brakingPath(step, limits)) {
    if (!isWithinJointLimits(motion, limits)) return "jointPosition";
    const shape = shapeOf(kinematics, arm, motion);
    const tool = toolOf(shape);
    const breach = poseBreach(shape, tool, other, limits);
    if (breach !== null) return breach;
    if (distanceBetween(before, tool) * limits.rateHz > limits.toolSpeedMPerS) return "toolSpeed";
    before = tool;
  }
  return null;
}

function poseBreach(
  shape: readonly ArmCapsule[],
  tool: Point3,
  other: OtherShape,
  { workspace: { min, max }, tableClearanceM, armDistanceM }: SafetyLimits,
): SpaceBreach | null {
  const isInside =
    tool.x >= min.x &&
    tool.x <= max.x &&
    tool.y >= min.y &&
    tool.y <= max.y &&
    tool.z >= min.z &&
    tool.z <= max.z;
  if (!isInside) return "workspace";
  // The first capsule is the base, which stands on the table.
  for (const { a, b, radiusM } of shape.slice(1)) {
    if (Math.min(a.z, b.z) - radiusM < tableClearanceM) return "tablePlane";
  }
  for (const one of shape) {
    if (other.some((piece) => capsuleDistance(one, piece) < armDistanceM)) return "armDistance";
  }
  return null;
}

function isWithinJointLimits({ joints }: JointMotion, limits: SafetyLimits): boolean {
  return joints.every(
    (angle, joint) =>
      angle >= limits.jointLowerRad[joint]! && angle <= limits.jointUpperRad[joint]!,
  );
}

/** The closing point: midway between the ends of the two fingers, which come last. */
function toolOf(shape: readonly ArmCapsule[]): Point3 {
  const [one, other] = [shape.at(-2)!.b, shape.at(-1)!.b];
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, z: (one.z + other.z) / 2 };
}

function distanceBetween(one: Point3, other: Point3): number {
  const [dx, dy, dz] = [one.x - other.x, one.y - other.y, one.z - other.z];
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}
