import { jointCount, jointLowerRad, jointUpperRad } from "./fr3.ts";

/** Where the tool is at some joint angles, and how it moves with them. */
export interface ToolState {
  /** Shape [3], base axes, metres. */
  readonly position: Float64Array;
  /** Shape [3]: unit vector out of the hand through the fingertips, base axes. */
  readonly direction: Float64Array;
  /** Shape [6, jointCount]: linear (m/rad), then angular (rad/rad) velocity by joint, base axes. */
  readonly jacobian: Float64Array;
}

/** Position and two angles of tilt; the turn about the tool's own axis is free. */
const taskSize = 5;
/** Damping λ² = ½ |e|² + this (Sugihara 2011): it vanishes with the error, so nothing pulls off target. */
const dampingFloor = 1e-6;
/** Pull towards the resting posture along motions that do not move the task. */
const restingGain = 0.05;
const largestStepRad = 0.3;
const iterationsMax = 80;
const positionToleranceM = 1e-5;
const tiltToleranceRad = 1e-4;
/** Stays clear of the mechanical stops. */
const limitMarginRad = 0.02;

/**
 * Joint angles that bring the tool to a point, pointing straight down, with free yaw: damped least
 * squares on position and tilt, with a pull towards `resting` in the null space.
 *
 * @param evaluate - forward kinematics with Jacobian.
 * @param target - base axes, metres.
 * @param start - where the search begins; a neighbouring solution keeps the posture.
 * @returns shape [7], within 1e-5 m and 1e-4 rad and inside the limits, or null when out of reach.
 */
export function solveToolDown(
  evaluate: (joints: Float64Array) => ToolState,
  target: readonly [number, number, number],
  start: Float64Array,
  resting: readonly number[],
): Float64Array | null {
  const joints = Float64Array.from(start);
  const error = new Float64Array(taskSize);
  for (let iteration = 0; iteration < iterationsMax; iteration++) {
    const tool = evaluate(joints);
    const isThere = taskError(tool, target, error);
    if (isThere) return joints;
    stepTowards(joints, dampedStep(tool.jacobian, error, joints, resting));
  }
  return null;
}

/** Fills in what is missing to the target. @returns whether it is below the tolerances. */
function taskError(
  { position, direction }: ToolState,
  target: readonly [number, number, number],
  error: Float64Array,
): boolean {
  for (let axis = 0; axis < 3; axis++) error[axis] = target[axis]! - position[axis]!;
  // Cross product of the tool's direction with straight down: the rotation that would align them.
  error[3] = -direction[1]!;
  error[4] = direction[0]!;
  const distance2 = error[0]! ** 2 + error[1]! ** 2 + error[2]! ** 2;
  const tilt2 = error[3] ** 2 + error[4] ** 2;
  const isDown = direction[2]! < 0;
  return isDown && distance2 < positionToleranceM ** 2 && tilt2 < tiltToleranceRad ** 2;
}

/** Δq = r + Jᵀ (J Jᵀ + λ² I)⁻¹ (e − J r), with r the pull towards the resting posture. */
function dampedStep(
  jacobian: Float64Array,
  error: Float64Array,
  joints: Float64Array,
  resting: readonly number[],
): Float64Array {
  const damping = 0.5 * error.reduce((sum, value) => sum + value * value, dampingFloor * 2);
  const pull = joints.map((angle, joint) => restingGain * (resting[joint]! - angle));
  const size = taskSize;
  const width = size + 1;
  // Augmented system [J Jᵀ + λ² I | e − J r].
  const system = new Float64Array(size * width);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = row === column ? damping : 0;
      for (let joint = 0; joint < jointCount; joint++) {
        sum += jacobian[row * jointCount + joint]! * jacobian[column * jointCount + joint]!;
      }
      system[row * width + column] = sum;
      system[column * width + row] = sum;
    }
    let rest = error[row]!;
    for (let joint = 0; joint < jointCount; joint++) {
      rest -= jacobian[row * jointCount + joint]! * pull[joint]!;
    }
    system[row * width + size] = rest;
  }
  const solution = solvePositiveDefinite(system, size);
  return pull.map((value, joint) => {
    let sum = value;
    for (let row = 0; row < size; row++)
      sum += jacobian[row * jointCount + joint]! * solution[row]!;
    return sum;
  });
}

/** Gaussian elimination; without pivoting, which a positive definite matrix does not need. */
function solvePositiveDefinite(system: Float64Array, size: number): Float64Array {
  const width = size + 1;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = pivot + 1; row < size; row++) {
      const factor = system[row * width + pivot]! / system[pivot * width + pivot]!;
      for (let column = pivot; column < width; column++) {
        system[row * width + column]! -= factor * system[pivot * width + column]!;
      }
    }
  }
  const solution = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    let sum = system[row * width + size]!;
    for (let column = row + 1; column < size; column++) {
      sum -= system[row * width + column]! * solution[column]!;
    }
    solution[row] = sum / system[row * width + row]!;
  }
  return solution;
}

function stepTowards(joints: Float64Array, step: Float64Array): void {
  const largest = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = largest > largestStepRad ? largestStepRad / largest : 1;
  for (let joint = 0; joint < jointCount; joint++) {
    const low = jointLowerRad[joint]! + limitMarginRad;
    const high = jointUpperRad[joint]! - limitMarginRad;
    joints[joint] = Math.min(high, Math.max(low, joints[joint]! + scale * step[joint]!));
  }
}
