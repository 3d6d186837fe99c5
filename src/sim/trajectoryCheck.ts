import type { JointTrajectory } from "../ports/environment.ts";
import {
  commandSize,
  homeJointsRad,
  jointCount,
  jointLowerRad,
  jointUpperRad,
  jointVelocityRadPerS,
  openingMaxM,
  openingMinM,
} from "../robot/fr3.ts";

/** Why a trajectory is not run, and what to do instead. */
export interface TrajectoryRefusal {
  readonly reason: string;
  readonly remedy: string;
}

/** How far the first command may be from where the arm waits, rad. */
const startToleranceRad = 0.01;
/** Commands are float32: one unit in the last place of an angle, as a velocity at 30 Hz, and some. */
const velocityToleranceRadPerS = 1e-3;

/**
 * Holds a trajectory against the robot's limits before anything moves.
 *
 * @returns null when it may run.
 */
export function checkTrajectory(
  trajectory: JointTrajectory,
  rateHz: number,
): TrajectoryRefusal | null {
  return (
    checkShape(trajectory, rateHz) ??
    checkStart(trajectory) ??
    firstRefusal(trajectory, checkPosition) ??
    firstRefusal(trajectory, checkVelocity)
  );
}

function checkShape(
  { commands, stepCount, rateHz: found }: JointTrajectory,
  rateHz: number,
): TrajectoryRefusal | null {
  if (found !== rateHz) {
    return refusal(`commands at ${rateHz} Hz`, `${found} Hz`, `send commands at ${rateHz} Hz`);
  }
  if (stepCount < 1 || commands.length !== stepCount * commandSize) {
    const expected = `${stepCount} steps of ${commandSize} numbers, one step or more`;
    return refusal(expected, `${commands.length} numbers`, "send shape [stepCount, 8]");
  }
  const at = commands.findIndex((value) => !Number.isFinite(value));
  return at < 0
    ? null
    : refusal("finite numbers", `${commands[at]!} at index ${at}`, "compile the primitive again");
}

function checkStart({ commands }: JointTrajectory): TrajectoryRefusal | null {
  const away = homeJointsRad.findIndex(
    (angle, joint) => Math.abs(commands[joint]! - angle) > startToleranceRad,
  );
  if (away < 0) return null;
  return refusal(
    `joint ${away + 1} to start at home, ${homeJointsRad[away]!.toFixed(3)} rad`,
    `${commands[away]!.toFixed(3)} rad`,
    "start the trajectory where the arm waits",
  );
}

type CommandCheck = (
  trajectory: JointTrajectory,
  step: number,
  joint: number,
) => TrajectoryRefusal | null;

/** The first refusal of `check` over all steps and, in each, joints and fingers. */
function firstRefusal(trajectory: JointTrajectory, check: CommandCheck): TrajectoryRefusal | null {
  for (let step = 0; step < trajectory.stepCount; step++) {
    for (let joint = 0; joint < commandSize; joint++) {
      const found = check(trajectory, step, joint);
      if (found !== null) return found;
    }
  }
  return null;
}

function checkPosition(
  { commands }: JointTrajectory,
  step: number,
  joint: number,
): TrajectoryRefusal | null {
  const value = commands[step * commandSize + joint]!;
  const isFinger = joint === jointCount;
  const low = isFinger ? openingMinM : jointLowerRad[joint]!;
  const high = isFinger ? openingMaxM : jointUpperRad[joint]!;
  if (value >= low && value <= high) return null;
  const what = isFinger ? "the finger opening (m)" : `joint ${joint + 1} (rad)`;
  return refusal(
    `${what} within ${low} to ${high}`,
    `${value.toFixed(4)} at step ${step}`,
    "keep the commands inside the joint limits",
  );
}

function checkVelocity(
  { commands, rateHz }: JointTrajectory,
  step: number,
  joint: number,
): TrajectoryRefusal | null {
  if (step === 0 || joint === jointCount) return null;
  const at = step * commandSize + joint;
  const velocity = Math.abs(commands[at]! - commands[at - commandSize]!) * rateHz;
  const limit = jointVelocityRadPerS[joint]!;
  if (velocity <= limit + velocityToleranceRadPerS) return null;
  return refusal(
    `joint ${joint + 1} at ${limit} rad/s or slower`,
    `${velocity.toFixed(3)} rad/s at step ${step}`,
    "take more steps for the motion",
  );
}

function refusal(expected: string, found: string, remedy: string): TrajectoryRefusal {
  return { reason: `expected ${expected}, found ${found}`, remedy };
}
