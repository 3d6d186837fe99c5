import { jointCount } from "../../src/robot/fr3.ts";
import type { SafetyLimits } from "./safetyLimits.ts";

/** Where an arm was last sent, and how fast it was going there. */
export interface JointMotion {
  /** Shape [7], rad. */
  readonly joints: Float64Array;
  /** Shape [7], rad/s, over the last command period. */
  readonly velocities: Float64Array;
  readonly openingM: number;
}

export function restingAt(joints: ArrayLike<number>, openingM: number): JointMotion {
  return {
    joints: Float64Array.from({ length: jointCount }, (_, joint) => joints[joint]!),
    velocities: new Float64Array(jointCount),
    openingM,
  };
}

export function isResting({ velocities }: JointMotion): boolean {
  return velocities.every((velocity) => velocity === 0);
}

/** One command period at other velocities. */
export function moveAt(
  from: JointMotion,
  velocities: Float64Array,
  openingM: number,
  rateHz: number,
): JointMotion {
  const joints = from.joints.map((angle, joint) => angle + velocities[joint]! / rateHz);
  return { joints, velocities, openingM };
}

/**
 * One command period of braking: all joints slow down by the same share, so that the arm stays on its
 * way, and the one that needs longest slows down as hard as it may.
 */
export function brake(motion: JointMotion, limits: SafetyLimits): JointMotion {
  let periods = 0;
  for (const [joint, velocity] of motion.velocities.entries()) {
    const slowing = limits.jointAccelerationRadPerS2[joint]! / limits.rateHz;
    periods = Math.max(periods, Math.abs(velocity) / slowing);
  }
  const share = periods <= 1 ? 0 : 1 - 1 / periods;
  const velocities = motion.velocities.map((velocity) => velocity * share);
  return moveAt(motion, velocities, motion.openingM, limits.rateHz);
}

/** All commands from here to rest, this one first. */
export function brakingPath(motion: JointMotion, limits: SafetyLimits): JointMotion[] {
  const path = [motion];
  for (let last = motion; !isResting(last); path.push(last)) last = brake(last, limits);
  return path;
}

/** A step towards a target that keeps velocity and acceleration, and whether it gets there. */
export interface LimitedStep {
  readonly motion: JointMotion;
  readonly isVelocityLimited: boolean;
  readonly isAccelerationLimited: boolean;
}

/**
 * Goes towards a target as far as the joints' velocity and acceleration limits allow in one command
 * period. A target beyond that is approached no faster than the arm can stop at.
 */
export function stepTowards(
  from: JointMotion,
  target: { readonly joints: ArrayLike<number>; readonly openingM: number },
  limits: SafetyLimits,
): LimitedStep {
  const { rateHz } = limits;
  const wanted = from.joints.map((angle, joint) => (target.joints[joint]! - angle) * rateHz);
  let isVelocityLimited = false;
  let isAccelerationLimited = false;
  for (const [joint, velocity] of wanted.entries()) {
    const change = limits.jointAccelerationRadPerS2[joint]! / rateHz;
    isVelocityLimited ||= Math.abs(velocity) > limits.jointVelocityRadPerS[joint]!;
    isAccelerationLimited ||= Math.abs(velocity - from.velocities[joint]!) > change;
  }
  const velocities = wanted.map((velocity, joint) => {
    if (!isVelocityLimited && !isAccelerationLimited) return velocity;
    const acceleration = limits.jointAccelerationRadPerS2[joint]!;
    const approach = stoppableVelocity(Math.abs(velocity) / rateHz, acceleration, rateHz);
    const top = Math.min(limits.jointVelocityRadPerS[joint]!, approach);
    const before = from.velocities[joint]!;
    const bounded = Math.max(-top, Math.min(top, velocity));
    const change = acceleration / rateHz;
    return Math.max(before - change, Math.min(before + change, bounded));
  });
  // The hand goes to an opening at its own speed, so the fingers have a range and no rate.
  const motion = moveAt(from, velocities, target.openingM, rateHz);
  return { motion, isVelocityLimited, isAccelerationLimited };
}

/** Largest v with v / rate + v² / 2a within `distance`: one period at v, then braking at a. */
function stoppableVelocity(distance: number, acceleration: number, rateHz: number): number {
  const period = 1 / rateHz;
  return acceleration * (Math.sqrt(period * period + (2 * distance) / acceleration) - period);
}

/** The step between braking and going on, `share` of the way from the first to the second. */
export function blend(
  from: JointMotion,
  braking: JointMotion,
  going: JointMotion,
  share: number,
  rateHz: number,
): JointMotion {
  const velocities = braking.velocities.map(
    (velocity, joint) => velocity + share * (going.velocities[joint]! - velocity),
  );
  return moveAt(from, velocities, going.openingM, rateHz);
}
