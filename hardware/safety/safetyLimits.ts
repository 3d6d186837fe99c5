import type { Point3 } from "../../src/core/camera.ts";
import { controlRateHz } from "../../src/core/cell.ts";
import {
  jointAccelerationRadPerS2,
  jointLowerRad,
  jointUpperRad,
  jointVelocityRadPerS,
  openingMaxM,
  openingMinM,
} from "../../src/robot/fr3.ts";

/** What no command that leaves the safety gate exceeds. Joint vectors have seven entries. */
export interface SafetyLimits {
  /** Commands a second; velocities and accelerations are differences of commands at this rate. */
  readonly rateHz: number;
  readonly jointLowerRad: readonly number[];
  readonly jointUpperRad: readonly number[];
  readonly jointVelocityRadPerS: readonly number[];
  readonly jointAccelerationRadPerS2: readonly number[];
  readonly openingMinM: number;
  readonly openingMaxM: number;
  /** Of the closing point between the fingertips. */
  readonly toolSpeedMPerS: number;
  /** Box in which the closing point stays, world metres. */
  readonly workspace: { readonly min: Point3; readonly max: Point3 };
  /** Between the table (z = 0) and the surface of everything that moves, metres. */
  readonly tableClearanceM: number;
  /** Between the surfaces of the two arms, metres. */
  readonly armDistanceM: number;
  /** Farthest that a measured joint may be from where it was sent, rad. */
  readonly trackingErrorRad: number;
  /** Silence of an arm's states after which nothing but a halt leaves. */
  readonly stateTimeoutMs: number;
  /** The same for the camera. */
  readonly frameTimeoutMs: number;
  /** Time without a decision after which a moving arm is halted: this program is too slow. */
  readonly commandTimeoutMs: number;
}

/** The FR3's own limits; workspace and distances of the cell with bases 1.40 m apart. */
export const defaultSafetyLimits: SafetyLimits = {
  rateHz: controlRateHz,
  jointLowerRad,
  jointUpperRad,
  jointVelocityRadPerS,
  jointAccelerationRadPerS2: Array.from({ length: 7 }, () => jointAccelerationRadPerS2),
  openingMinM,
  openingMaxM,
  toolSpeedMPerS: 1.5,
  workspace: { min: { x: -0.45, y: -0.45, z: 0.005 }, max: { x: 0.45, y: 0.45, z: 0.6 } },
  tableClearanceM: 0.001,
  armDistanceM: 0.03,
  trackingErrorRad: 0.3,
  stateTimeoutMs: 50,
  frameTimeoutMs: 500,
  commandTimeoutMs: 100,
};
