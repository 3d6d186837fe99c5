import { arms, type Arm } from "../../src/core/cell.ts";
import type { ArmKinematics } from "../../src/robot/armKinematics.ts";
import { jointCount } from "../../src/robot/fr3.ts";
import type { ArmCommand } from "./armCommand.ts";
import { limitCommand, type StepReason } from "./limitCommand.ts";
import { brake, isResting, restingAt, type JointMotion } from "./jointMotion.ts";
import { findBreach, shapeOf } from "./poseCheck.ts";
import type { SafetyLimits } from "./safetyLimits.ts";

/** Why a command did not leave as it was asked. Stable names: logs hold them. */
export type InterventionReason =
  | StepReason
  | HaltReason
  | "malformed"
  | "otherPrimitive"
  | "otherArmMoving"
  | "tooSoon"
  | "commandSilence"
  | "notReady"
  | "halted";

/** What a planned braking would not be good enough for: where the arms are is not known any more. */
export type HaltReason =
  | "operatorStop"
  | "staleState"
  | "staleFrame"
  | "robotMode"
  | "trackingError"
  | "lateCommands"
  | "linkLost";

/** What the gate makes of a command, or of the absence of one. */
export interface GateDecision {
  readonly arm: Arm | null;
  readonly asked: ArmCommand | null;
  /** The target that may go to the arm; null when nothing may. */
  readonly sent: { readonly joints: Float64Array; readonly openingM: number } | null;
  /** The arms' own controllers are to stop them, now. */
  readonly isHalt: boolean;
  /** Empty when what was asked may be sent as it is. */
  readonly reasons: readonly InterventionReason[];
}

/** What an arm last said of itself. */
export interface ArmReport {
  /** Seven angles, rad. */
  readonly joints: ArrayLike<number>;
  readonly openingM: number;
  /** False in every mode in which commands are not for the robot: reflex, guiding, user stop. */
  readonly isReady: boolean;
  readonly receivedUs: number;
}

/**
 * Stands in the way of every command. One decision a command period: what was asked, or the nearest
 * that keeps the limits, or braking, or a halt.
 *
 * Braking is a planned path: it keeps every limit, because a step passes only when it could be
 * followed by braking that does. A halt hands the stop to the robot's own controller and latches
 * until `release`: it answers silence, reflexes and the operator, when a path planned from what was
 * last known could be wrong. All times are this machine's, integer microseconds.
 */
export class SafetyGate {
  readonly #kinematics: ArmKinematics;
  readonly #limits: SafetyLimits;
  readonly #isArmed: boolean;
  readonly #reports: Partial<Record<Arm, ArmReport>> = {};
  #frameUs = -Infinity;
  #primitive: { readonly name: string; readonly arm: Arm } | null = null;
  /** Of the arm that carries the primitive out; the other rests where it reported to be. */
  #motion: JointMotion | null = null;
  #lastSlot = -Infinity;
  #halt: HaltReason | null = null;
  #asked: HaltReason | null = null;

  /** @param options.isArmed - false in a dry run: nothing moves, so arms need not follow. */
  constructor(options: {
    readonly kinematics: ArmKinematics;
    readonly limits: SafetyLimits;
    readonly isArmed: boolean;
  }) {
    this.#kinematics = options.kinematics;
    this.#limits = options.limits;
    this.#isArmed = options.isArmed;
  }

  /** Why nothing moves until `release`; null while commands may pass. */
  get haltedBy(): HaltReason | null {
    return this.#halt;
  }

  /** Whether a primitive is under way; between two of them the arms rest. */
  get isBusy(): boolean {
    return this.#primitive !== null;
  }

  /** False in a dry run: what passes is recorded and not sent. */
  get isArmed(): boolean {
    return this.#isArmed;
  }

  noteReport(arm: Arm, report: ArmReport): void {
    this.#reports[arm] = report;
  }

  noteFrame(receivedUs: number): void {
    this.#frameUs = receivedUs;
  }

  /** Halts with the next decision, whatever was asked. */
  stop(reason: HaltReason): void {
    this.#asked ??= reason;
  }

  /**
   * Lets commands pass again after a halt.
   *
   * @returns the reason that still stands against it, or null.
   */
  release(nowUs: number): HaltReason | null {
    const standing = this.#standingReason(nowUs);
    if (standing !== null) return standing;
    this.#halt = null;
    this.#asked = null;
    this.#endPrimitive();
    return null;
  }

  /** Ends a primitive: another may begin once the arm rests. */
  finish(primitive: string): void {
    if (this.#primitive?.name === primitive && (this.#motion === null || isResting(this.#motion))) {
      this.#endPrimitive();
    }
  }

  /**
   * To be called once a command period while anything moves, with or without a command.
   *
   * @param asked - the command, or null when none came.
   */
  decide(nowUs: number, asked: ArmCommand | null): GateDecision {
    const active = this.#primitive;
    // Another's command takes nothing from the primitive under way, not even its turn.
    if (asked !== null && active !== null && asked.primitive !== active.name) {
      return refusal(asked, "otherPrimitive");
    }
    const slot = Math.floor((nowUs * this.#limits.rateHz) / 1e6);
    if (slot <= this.#lastSlot && this.#asked === null) return refusal(asked, "tooSoon");
    const missed = slot - this.#lastSlot;
    this.#lastSlot = Math.max(slot, this.#lastSlot);
    if (this.#halt !== null) return refusal(asked, "halted", this.#halt);

    const standing = this.#asked ?? this.#standingReason(nowUs) ?? this.#followingReason(missed);
    if (standing !== null) return this.#refuseOrHalt(asked, standing);
    if (asked !== null && !isWellFormed(asked)) return this.#brake(asked, "malformed");
    if (asked === null) {
      const isMoving = this.#motion !== null && !isResting(this.#motion);
      return isMoving ? this.#brake(null, "commandSilence") : idle;
    }
    return this.#go(asked);
  }

  #go(asked: ArmCommand): GateDecision {
    const start = this.#motion ?? this.#restOf(asked.arm);
    if (start === null) return refusal(asked, "notReady");
    if (this.#primitive !== null && this.#primitive.arm !== asked.arm) {
      return refusal(asked, "otherArmMoving");
    }
    const other = arms.find((arm) => arm !== asked.arm)!;
    const resting = this.#restOf(other);
    if (resting === null) return refusal(asked, "notReady");
    const shape = shapeOf(this.#kinematics, other, resting);
    if (this.#motion === null) {
      // From a place that breaks a limit no braking path keeps it: a person has to guide the arm out.
      const breach = findBreach(this.#kinematics, asked.arm, start, start, shape, this.#limits);
      if (breach !== null) return refusal(asked, "notReady", breach);
    }
    this.#primitive ??= { name: asked.primitive, arm: asked.arm };
    const { motion, reasons } = limitCommand(this.#kinematics, start, asked, shape, this.#limits);
    this.#motion = motion;
    return this.#sending(asked, motion, reasons);
  }

  #brake(asked: ArmCommand | null, reason: InterventionReason): GateDecision {
    if (this.#motion === null || this.#primitive === null) return refusal(asked, reason);
    this.#motion = brake(this.#motion, this.#limits);
    return this.#sending(asked, this.#motion, [reason]);
  }

  #sending(
    asked: ArmCommand | null,
    { joints, openingM }: JointMotion,
    reasons: readonly InterventionReason[],
  ): GateDecision {
    const arm = asked?.arm ?? this.#primitive?.arm ?? null;
    return { arm, asked, sent: { joints, openingM }, isHalt: false, reasons };
  }

  /** Something under way is halted; where nothing is, the command alone is refused. */
  #refuseOrHalt(asked: ArmCommand | null, reason: HaltReason): GateDecision {
    const isStop = this.#asked !== null;
    if (this.#primitive === null && !isStop) {
      return asked === null ? idle : refusal(asked, reason);
    }
    this.#halt = reason;
    const arm = this.#primitive?.arm ?? asked?.arm ?? null;
    return { arm, asked, sent: null, isHalt: true, reasons: [reason] };
  }

  /** What speaks against any motion now. */
  #standingReason(nowUs: number): HaltReason | null {
    const { stateTimeoutMs, frameTimeoutMs } = this.#limits;
    for (const arm of arms) {
      const report = this.#reports[arm];
      if (report === undefined || nowUs - report.receivedUs > stateTimeoutMs * 1000) {
        return "staleState";
      }
      if (!report.isReady) return "robotMode";
    }
    return nowUs - this.#frameUs > frameTimeoutMs * 1000 ? "staleFrame" : null;
  }

  /** Whether commands and the arm keep up with each other while something is under way. */
  #followingReason(missedSlots: number): HaltReason | null {
    const [motion, active] = [this.#motion, this.#primitive];
    if (motion === null || active === null || !this.#isArmed) return null;
    const { commandTimeoutMs, rateHz } = this.#limits;
    const latePeriods = Math.floor((commandTimeoutMs * rateHz) / 1000);
    if (!isResting(motion) && missedSlots > latePeriods) return "lateCommands";
    const { joints } = this.#reports[active.arm]!;
    const isFar = motion.joints.some(
      (angle, joint) => !(Math.abs(joints[joint]! - angle) <= this.#limits.trackingErrorRad),
    );
    return isFar ? "trackingError" : null;
  }

  #restOf(arm: Arm): JointMotion | null {
    const report = this.#reports[arm];
    if (report === undefined) return null;
    const { openingMinM, openingMaxM } = this.#limits;
    const openingM = Math.max(openingMinM, Math.min(openingMaxM, report.openingM));
    return restingAt(report.joints, openingM);
  }

  #endPrimitive(): void {
    this.#primitive = null;
    this.#motion = null;
  }
}

const idle: GateDecision = { arm: null, asked: null, sent: null, isHalt: false, reasons: [] };

function refusal(asked: ArmCommand | null, ...reasons: InterventionReason[]): GateDecision {
  return { arm: asked?.arm ?? null, asked, sent: null, isHalt: false, reasons };
}

function isWellFormed({ joints, openingM }: ArmCommand): boolean {
  if (joints.length !== jointCount || !Number.isFinite(openingM)) return false;
  return Array.from(joints).every(Number.isFinite);
}
