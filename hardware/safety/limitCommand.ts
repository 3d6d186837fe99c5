import type { ArmKinematics } from "../../src/robot/armKinematics.ts";
import { blend, brake, stepTowards, type JointMotion } from "./jointMotion.ts";
import { findBreach, type OtherShape, type SpaceBreach } from "./poseCheck.ts";
import type { ArmCommand } from "./armCommand.ts";
import type { SafetyLimits } from "./safetyLimits.ts";

/** What of a command a step had to leave out. */
export type StepReason = SpaceBreach | "jointVelocity" | "jointAcceleration" | "openingRange";

/**
 * The step nearest to a command that keeps every limit: the command itself, or what the joints can do
 * of it in one period, or half of that, or braking.
 *
 * @param from - where the last step ended; its braking path keeps the limits.
 * @param other - the shape of the arm that rests.
 */
export function limitCommand(
  kinematics: ArmKinematics,
  from: JointMotion,
  asked: ArmCommand,
  other: OtherShape,
  limits: SafetyLimits,
): { readonly motion: JointMotion; readonly reasons: readonly StepReason[] } {
  const reasons: StepReason[] = [];
  const openingM = Math.max(limits.openingMinM, Math.min(limits.openingMaxM, asked.openingM));
  if (openingM !== asked.openingM) reasons.push("openingRange");
  const joints = Float64Array.from({ length: from.joints.length }, (_, joint) => {
    const [low, high] = [limits.jointLowerRad[joint]!, limits.jointUpperRad[joint]!];
    return Math.max(low, Math.min(high, asked.joints[joint]!));
  });
  if (joints.some((angle, joint) => angle !== asked.joints[joint])) reasons.push("jointPosition");

  const step = stepTowards(from, { joints, openingM }, limits);
  if (step.isVelocityLimited) reasons.push("jointVelocity");
  if (step.isAccelerationLimited) reasons.push("jointAcceleration");
  const braking = brake(from, limits);
  for (const share of [1, 0.5]) {
    const motion =
      share === 1 ? step.motion : blend(from, braking, step.motion, share, limits.rateHz);
    const breach = findBreach(kinematics, asked.arm, from, motion, other, limits);
    if (breach === null) return { motion, reasons };
    if (!reasons.includes(breach)) reasons.push(breach);
  }
  return { motion: braking, reasons };
}
