import type { PinholeCamera } from "../src/core/camera.ts";
import { arms, type Arm } from "../src/core/cell.ts";
import { canonicalJson } from "../src/events/envelope.ts";
import { alignmentMissed, goalSent, haltReleased } from "../src/events/hardware.ts";
import type { ArmKinematics } from "../src/robot/armKinematics.ts";
import { openingMaxM } from "../src/robot/fr3.ts";
import { TimeAligner, type Aligned } from "../streams/alignByTime.ts";
import type { CellFile } from "./cellFile/parseCellFile.ts";
import {
  gripperGoal,
  haltMessages,
  publicationsOf,
  recoveryGoal,
  targetMessage,
  type ActionGoal,
} from "./commands/wireCommands.ts";
import { CellIntake, type LiveReading, type StreamTally } from "./intake/cellIntake.ts";
import { streamsOf } from "./intake/cellStreams.ts";
import type { LiveSink } from "./intake/liveSink.ts";
import type { CellLink, LinkEvent, LinkOptions } from "./link/cellLink.ts";
import type { CameraInfoReading, ImageReading } from "./messages/reading.ts";
import type { ArmCommand } from "./safety/armCommand.ts";
import { recordDecision } from "./safety/recordDecision.ts";
import { SafetyGate, type GateDecision, type HaltReason } from "./safety/safetyGate.ts";

/** franka_msgs/FrankaRobotState: idle and move; every other mode is none for commands. */
const readyModes = new Set([1, 2]);

/** Longest that a message is waited for which a picture should be matched with. */
const alignmentPatienceUs = 250_000;

/** A picture of the leading camera, newest first come. */
export interface LiveFrame {
  readonly image: ImageReading;
  readonly receivedUs: number;
}

export interface LiveCellOptions {
  readonly cell: CellFile;
  readonly kinematics: ArmKinematics;
  readonly sink: LiveSink;
  readonly isArmed: boolean;
  readonly nowUs: () => number;
  readonly openLink: (options: LinkOptions) => CellLink;
  /** Pictures of the leading camera as they come. */
  readonly onFrame?: (frame: LiveFrame) => void;
}

/** A cell that is connected to: what it says is recorded, what it is told passes the safety gate. */
export class LiveCell {
  readonly #options: LiveCellOptions;
  readonly #gate: SafetyGate;
  readonly #intake: CellIntake;
  readonly #link: CellLink;
  readonly #openingsM: Record<Arm, number> = { left: openingMaxM, right: openingMaxM };
  readonly #isReady: Record<Arm, boolean> = { left: true, right: true };
  readonly #leadingCamera: string;
  readonly #joints: Partial<Record<Arm, Float64Array>> = {};
  readonly #aligner: TimeAligner<null>;
  #cameraInfo: CameraInfoReading | null = null;
  #linkTrouble: string | null = null;
  #interventions = 0;
  #sent = 0;

  constructor(options: LiveCellOptions) {
    const { cell, kinematics, sink, isArmed, nowUs } = options;
    this.#options = options;
    this.#leadingCamera = Object.keys(cell.description.cameras)[0]!;
    this.#gate = new SafetyGate({ kinematics, limits: cell.limits, isArmed });
    const streams = streamsOf(cell.description);
    this.#aligner = new TimeAligner({
      leader: `${this.#leadingCamera}/image`,
      followers: ["left/states", "right/states"],
      toleranceUs: cell.description.alignmentToleranceMs * 1000,
      patienceUs: alignmentPatienceUs,
    });
    this.#intake = new CellIntake({ streams, sink, onReading: (live) => this.#note(live) });
    this.#link = options.openLink({
      url: cell.description.link.url,
      subscriptions: streams.map(({ topic, expectation: { rosType } }) => ({ topic, rosType })),
      publications: publicationsOf(cell.description),
      nowUs,
      onEvent: (event) => this.#hear(event),
    });
  }

  get isConnected(): boolean {
    return this.#link.isConnected;
  }

  /** Why there is no connection; null while there is one, or before the first try has failed. */
  get linkTrouble(): string | null {
    return this.#linkTrouble;
  }

  get haltedBy(): HaltReason | null {
    return this.#gate.haltedBy;
  }

  get counts() {
    return {
      rejected: this.#intake.rejectedCount,
      lastRejection: this.#intake.lastRejection,
      interventions: this.#interventions,
      commandsSent: this.#sent,
      bufferedBytes: this.#link.bufferedBytes,
    };
  }

  tallies(): readonly StreamTally[] {
    return this.#intake.tallies();
  }

  /** The camera that planning looks through, or null while its intrinsics have not come. */
  get camera(): PinholeCamera | null {
    const info = this.#cameraInfo;
    if (info === null) return null;
    const { rotation, position } = this.#options.cell.description.cameras[this.#leadingCamera]!;
    const { widthPx, heightPx, fx, fy, cx, cy } = info;
    const [x, y, z] = position as [number, number, number];
    return { widthPx, heightPx, fx, fy, cx, cy, rotation, position: { x, y, z } };
  }

  /** Seven angles as last measured, or null before the first. */
  jointsOf(arm: Arm): Float64Array | null {
    return this.#joints[arm] ?? null;
  }

  openingOf(arm: Arm): number {
    return this.#openingsM[arm];
  }

  /** One command period: the gate's decision is recorded and, when armed, sent. */
  command(asked: ArmCommand | null): GateDecision {
    const nowUs = this.#options.nowUs();
    const decision = this.#gate.decide(nowUs, asked);
    if (decision.isHalt) this.#sendHalt(nowUs);
    if (decision.sent !== null && this.#gate.isArmed) this.#send(decision, nowUs);
    const { sink } = this.#options;
    if (recordDecision(sink, decision, { isDryRun: !this.#gate.isArmed, nowUs })) {
      this.#interventions += 1;
    }
    return decision;
  }

  /** Closes or opens the fingers; not while the cell is halted. */
  moveFingers(arm: Arm, wish: "close" | "open"): void {
    if (this.#gate.haltedBy !== null) return;
    this.#sendGoal(arm, gripperGoal(this.#options.cell.description.arms[arm], wish));
  }

  /**
   * Has both hands find out how far their fingers open, by moving them: whatever they hold would fall.
   *
   * @returns false, and nothing leaves, while the cell is halted or a primitive is under way.
   */
  homeFingers(): boolean {
    if (this.#gate.haltedBy !== null || this.#gate.isBusy) return false;
    for (const arm of arms) {
      this.#sendGoal(arm, gripperGoal(this.#options.cell.description.arms[arm], "home"));
    }
    return true;
  }

  finish(primitive: string): void {
    this.#gate.finish(primitive);
  }

  /** Halts at once. */
  stop(reason: HaltReason): void {
    this.#gate.stop(reason);
    this.command(null);
  }

  /**
   * Lets commands pass again; arms in a reflex are told to recover first.
   *
   * @returns the reason that still stands against it, or null.
   */
  release(by: string): HaltReason | null {
    const haltedBy = this.#gate.haltedBy;
    if (haltedBy === null) return null;
    const nowUs = this.#options.nowUs();
    for (const arm of arms) {
      if (this.#isReady[arm]) continue;
      this.#sendGoal(arm, recoveryGoal(this.#options.cell.description.arms[arm]));
    }
    const standing = this.#gate.release(nowUs);
    if (standing === null) {
      this.#options.sink.record("gate", haltReleased, { by, haltedBy }, nowUs);
    }
    return standing;
  }

  /** Halts what moves, ends the connection, and hands over what was held back. */
  async close(): Promise<void> {
    if (this.#gate.haltedBy === null && this.#sent > 0) this.stop("operatorStop");
    await this.#link.close();
    this.#align(this.#aligner.finish());
    await this.#intake.finish(this.#options.nowUs());
  }

  #hear(event: LinkEvent): void {
    if (event.kind === "state")
      this.#linkTrouble = event.state === "connected" ? null : event.reason;
    if (event.kind === "state" && event.state === "lost") this.#gate.stop("linkLost");
    this.#intake.accept(event, this.#options.nowUs());
  }

  /** Pictures that no state of an arm is near enough to are told. */
  #align(answers: readonly Aligned<null>[]): void {
    const { sink, cell } = this.#options;
    const toleranceUs = cell.description.alignmentToleranceMs * 1000;
    for (const { timeUs, missing } of answers) {
      if (missing.length === 0) continue;
      const leader = `${this.#leadingCamera}/image`;
      const payload = { leader, leaderTimeUs: timeUs, missing: [...missing], toleranceUs };
      sink.record(leader, alignmentMissed, payload, timeUs);
    }
  }

  #note({ stream, reading, receivedUs }: LiveReading): void {
    const { arm } = stream;
    if (reading.kind === "jointStates" || reading.kind === "image") {
      this.#align(this.#aligner.push(stream.name, reading.header.stampUs, null));
    }
    switch (reading.kind) {
      case "jointStates": {
        if (arm === null) return;
        const openingM = this.#openingsM[arm];
        const isReady = this.#isReady[arm];
        const { positions: joints } = reading;
        this.#joints[arm] = joints;
        this.#gate.noteReport(arm, { joints, openingM, isReady, receivedUs });
        return;
      }
      case "robotState":
        if (arm !== null) this.#isReady[arm] = readyModes.has(reading.mode);
        return;
      case "fingers":
        if (arm !== null) this.#openingsM[arm] = reading.openingM;
        return;
      case "image":
        if (!stream.isLeading) return;
        this.#gate.noteFrame(receivedUs);
        this.#options.onFrame?.({ image: reading, receivedUs });
        return;
      case "operatorStop":
        if (reading.isStopped) this.#gate.stop("operatorStop");
        return;
      case "cameraInfo":
        if (stream.camera === this.#leadingCamera) this.#cameraInfo = reading;
        return;
      case "other":
        return;
    }
  }

  #send({ arm, sent }: GateDecision, nowUs: number): void {
    if (arm === null || sent === null) return;
    const { cell, kinematics } = this.#options;
    const { joints } = sent;
    const when = { nowUs, rateHz: cell.limits.rateHz };
    const { topic, message } = targetMessage(cell.description, kinematics, { arm, joints }, when);
    if (this.#link.publish(topic, message)) this.#sent += 1;
    else this.#gate.stop("linkLost");
  }

  /** What could not be sent, for want of a connection or in a protocol without actions, is no event. */
  #sendGoal(arm: Arm, { action, actionType, goal }: ActionGoal): void {
    const isDryRun = !this.#gate.isArmed;
    if (!isDryRun && !this.#link.sendGoal(action, actionType, goal)) return;
    const payload = { arm, action, actionType, goal: canonicalJson(goal), isDryRun };
    this.#options.sink.record("gate", goalSent, payload, this.#options.nowUs());
  }

  #sendHalt(nowUs: number): void {
    if (!this.#gate.isArmed) return;
    for (const { topic, message } of haltMessages(this.#options.cell.description, nowUs)) {
      this.#link.publish(topic, message);
    }
  }
}
