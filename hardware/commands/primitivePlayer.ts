import type { JointTrajectory } from "../../src/ports/environment.ts";
import { commandSize, jointCount } from "../../src/robot/fr3.ts";
import type { ArmCommand } from "../safety/armCommand.ts";

/** Fingers that have not moved by more than this for so long have arrived. */
const settledM = 0.0005;
const settledUs = 200_000;
/** A hand that does not come to rest by then is not waited for any longer. */
const longestWaitUs = 5_000_000;

/** What the player wants to happen in one command period. */
export interface PlayerStep {
  readonly command: ArmCommand;
  /** Set in the period in which the fingers are to begin closing or opening. */
  readonly gripper: "close" | "open" | null;
}

interface Wait {
  readonly sinceUs: number;
  lastOpeningM: number;
  stillSinceUs: number;
}

/**
 * Plays a compiled primitive one command a period. The real hand takes its own time: where the fingers
 * move, the arm rests until they have arrived.
 */
export class PrimitivePlayer {
  readonly #trajectory: JointTrajectory;
  readonly #name: string;
  #step = 0;
  #wait: Wait | null = null;

  constructor(name: string, trajectory: JointTrajectory) {
    this.#name = name;
    this.#trajectory = trajectory;
  }

  /** The last command is given twice: the second says that the arm is to rest there. */
  get isDone(): boolean {
    return this.#wait === null && this.#step > this.#trajectory.stepCount;
  }

  /** 0 to 1. */
  get share(): number {
    return Math.min(1, this.#step / this.#trajectory.stepCount);
  }

  /** @param openingM - between the fingers, as last measured. */
  next(nowUs: number, openingM: number): PlayerStep {
    if (this.#wait !== null) {
      if (this.#isStillWaiting(this.#wait, nowUs, openingM)) {
        return { command: this.#commandAt(this.#step - 1), gripper: null };
      }
      this.#wait = null;
    }
    const isRepeat = this.#step >= this.#trajectory.stepCount;
    const command = this.#commandAt(isRepeat ? this.#step - 1 : this.#step);
    const gripper = this.#step === 0 || isRepeat ? null : this.#gripperAt(this.#step);
    this.#step += 1;
    if (gripper !== null) {
      // The steps over which the fingers were compiled to move are one rest.
      while (this.#step < this.#trajectory.stepCount && this.#gripperAt(this.#step) === gripper) {
        this.#step += 1;
      }
      this.#wait = { sinceUs: nowUs, lastOpeningM: openingM, stillSinceUs: nowUs };
    }
    return { command, gripper };
  }

  #isStillWaiting(wait: Wait, nowUs: number, openingM: number): boolean {
    if (Math.abs(openingM - wait.lastOpeningM) > settledM) {
      wait.lastOpeningM = openingM;
      wait.stillSinceUs = nowUs;
    }
    return nowUs - wait.stillSinceUs < settledUs && nowUs - wait.sinceUs < longestWaitUs;
  }

  #gripperAt(step: number): "close" | "open" | null {
    const change = this.#openingAt(step) - this.#openingAt(step - 1);
    return change === 0 ? null : change < 0 ? "close" : "open";
  }

  #openingAt(step: number): number {
    return this.#trajectory.commands[step * commandSize + jointCount]!;
  }

  #commandAt(step: number): ArmCommand {
    const { arm, commands } = this.#trajectory;
    const at = step * commandSize;
    const joints = commands.subarray(at, at + jointCount);
    return { arm, primitive: this.#name, joints, openingM: this.#openingAt(step) };
  }
}
