import {
  commandSize,
  jointAccelerationRadPerS2,
  jointCount,
  jointVelocityRadPerS,
} from "../robot/fr3.ts";

/** A posture to come to rest in: seven joint angles (rad) and the finger opening (m). */
export interface Waypoint {
  readonly joints: ArrayLike<number>;
  readonly openingM: number;
}

/** A motion from wherever the path is to `to`, in no fewer than `stepsMin` control steps. */
export interface Leg {
  readonly to: Waypoint;
  readonly stepsMin: number;
}

/** Peaks of the quintic's first and second derivative over a unit of time: 15/8 and 10/√3. */
const peakVelocity = 1.875;
const peakAcceleration = 5.773502691896258;
/** Share of the limits that is used, so that the controller has something left to correct with. */
const limitShare = 0.95;

/** s(t) = 10 t³ − 15 t⁴ + 6 t⁵: from 0 to 1, at rest and without acceleration at both ends. */
export function quinticShare(time: number): number {
  return time * time * time * (10 + time * (6 * time - 15));
}

/** Fewest control steps in which every joint stays within its velocity and acceleration limit. */
function fewestSteps(from: Waypoint, to: Waypoint, rateHz: number): number {
  let seconds = 0;
  for (let joint = 0; joint < jointCount; joint++) {
    const distance = Math.abs(to.joints[joint]! - from.joints[joint]!);
    const byVelocity = (peakVelocity * distance) / (limitShare * jointVelocityRadPerS[joint]!);
    const byAcceleration = Math.sqrt(
      (peakAcceleration * distance) / (limitShare * jointAccelerationRadPerS2),
    );
    seconds = Math.max(seconds, byVelocity, byAcceleration);
  }
  return Math.ceil(seconds * rateHz);
}

/**
 * Joins waypoints by motions from rest to rest, straight in joint space, all joints and the fingers
 * in step.
 *
 * @returns commands of shape [stepCount, 8], the first being `start`, and for each leg the index of
 *   its first step.
 */
export function joinWaypoints(
  start: Waypoint,
  legs: readonly Leg[],
  rateHz: number,
): { readonly stepCount: number; readonly commands: Float32Array; readonly legStarts: number[] } {
  const steps = legs.map(({ to, stepsMin }, at) =>
    Math.max(stepsMin, fewestSteps(at === 0 ? start : legs[at - 1]!.to, to, rateHz)),
  );
  const stepCount = steps.reduce((sum, count) => sum + count, 1);
  const commands = new Float32Array(stepCount * commandSize);
  const legStarts: number[] = [];
  let step = 0;
  let from = start;
  writeCommand(commands, step++, start, start, 0);
  for (const [at, { to }] of legs.entries()) {
    const count = steps[at]!;
    legStarts.push(step);
    for (let done = 1; done <= count; done++) {
      writeCommand(commands, step++, from, to, quinticShare(done / count));
    }
    from = to;
  }
  return { stepCount, commands, legStarts };
}

function writeCommand(
  commands: Float32Array,
  step: number,
  from: Waypoint,
  to: Waypoint,
  share: number,
): void {
  const at = step * commandSize;
  for (let joint = 0; joint < jointCount; joint++) {
    const angle = from.joints[joint]!;
    commands[at + joint] = angle + share * (to.joints[joint]! - angle);
  }
  commands[at + jointCount] = from.openingM + share * (to.openingM - from.openingM);
}
