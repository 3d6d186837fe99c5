import { holdingOpeningM, reachingOpeningM } from "../../src/core/primitive.ts";
import { homeJointsRad, jointCount } from "../../src/robot/fr3.ts";

/** franka_msgs/FrankaRobotState.robot_mode. */
export const robotModes = { idle: 1, move: 2, reflex: 4 } as const;
export type RobotMode = (typeof robotModes)[keyof typeof robotModes];

const fingerSpeedMPerS = 0.1;

/** A value on its way from one to another, straight and in a given time. */
interface Ramp {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly startUs: number;
  readonly endUs: number;
}

/**
 * One arm that does what it is told exactly, a command period late, as a trajectory controller would.
 * In a reflex it stands still and is told in vain.
 */
export class VirtualArm {
  #ramp: Ramp;
  #fingers: Ramp;
  #mode: RobotMode = robotModes.idle;

  constructor(nowUs: number) {
    this.#ramp = rest(Float64Array.from(homeJointsRad), nowUs);
    this.#fingers = rest(Float64Array.of(reachingOpeningM), nowUs);
  }

  jointsAt(nowUs: number): Float64Array {
    return valueAt(this.#ramp, nowUs);
  }

  /** Shape [7], rad/s. */
  velocitiesAt(nowUs: number): Float64Array {
    const { from, to, startUs, endUs } = this.#ramp;
    if (nowUs >= endUs || startUs === endUs) return new Float64Array(jointCount);
    return to.map((angle, joint) => ((angle - from[joint]!) / (endUs - startUs)) * 1e6);
  }

  openingAt(nowUs: number): number {
    return valueAt(this.#fingers, nowUs)[0]!;
  }

  modeAt(nowUs: number): RobotMode {
    if (this.#mode === robotModes.reflex) return robotModes.reflex;
    return nowUs < this.#ramp.endUs ? robotModes.move : robotModes.idle;
  }

  goTo(joints: ArrayLike<number>, nowUs: number, durationUs: number): void {
    if (this.#mode === robotModes.reflex) return;
    const from = this.jointsAt(nowUs);
    this.#ramp = { from, to: Float64Array.from(joints), startUs: nowUs, endUs: nowUs + durationUs };
  }

  halt(nowUs: number): void {
    this.#ramp = rest(this.jointsAt(nowUs), nowUs);
  }

  /** @returns when the fingers will be there, microseconds. */
  moveFingers(openingM: number, nowUs: number): number {
    const from = Float64Array.of(this.openingAt(nowUs));
    // What is between the fingers keeps them apart.
    const to = Float64Array.of(Math.max(holdingOpeningM, openingM));
    const endUs = nowUs + (Math.abs(to[0]! - from[0]!) / fingerSpeedMPerS) * 1e6;
    this.#fingers = { from, to, startUs: nowUs, endUs };
    return endUs;
  }

  reflex(nowUs: number): void {
    this.halt(nowUs);
    this.#mode = robotModes.reflex;
  }

  recover(): void {
    this.#mode = robotModes.idle;
  }
}

function rest(value: Float64Array, nowUs: number): Ramp {
  return { from: value, to: value, startUs: nowUs, endUs: nowUs };
}

function valueAt({ from, to, startUs, endUs }: Ramp, nowUs: number): Float64Array {
  if (nowUs >= endUs) return to.slice();
  const share = Math.max(0, (nowUs - startUs) / (endUs - startUs));
  return from.map((value, at) => value + share * (to[at]! - value));
}
