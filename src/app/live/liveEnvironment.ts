import { setTimeout as sleep } from "node:timers/promises";
import { PrimitivePlayer } from "../../../hardware/commands/primitivePlayer.ts";
import type { LiveCell, LiveFrame } from "../../../hardware/liveCell.ts";
import type { ImageReading } from "../../../hardware/messages/reading.ts";
import type { GateDecision } from "../../../hardware/safety/safetyGate.ts";
import type { PinholeCamera } from "../../core/camera.ts";
import { arms } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import { createRgbImage, type Box, type RgbImage } from "../../core/image.ts";
import { decodeImage } from "../../media/imageFormat.ts";
import type {
  Environment,
  EnvironmentSample,
  JointTrajectory,
  Scene,
} from "../../ports/environment.ts";
import { commandSize } from "../../robot/fr3.ts";
import { motionFrameFractions } from "../testbed.ts";

/** The object comes to rest, and the camera sees it, within this after the last command. */
const settleMs = 1000;
const shortestWaitMs = 1;

export interface LiveEnvironmentOptions {
  readonly cell: LiveCell;
  readonly camera: PinholeCamera;
  readonly rateHz: number;
  /** Names the primitive for the safety gate. */
  readonly name: string;
  readonly nowUs: () => number;
  readonly latestFrame: () => LiveFrame | null;
  readonly goal: RgbImage;
  /** Drawn round the object by the operator, pixels. */
  readonly boxes: { readonly start: Box; readonly goal: Box };
  readonly signal: AbortSignal;
}

/** A real cell as the session loop knows cells. What it executes goes through the safety gate. */
export function createLiveEnvironment(options: LiveEnvironmentOptions): Environment {
  const { boxes, goal } = options;
  const scene = (image: RgbImage, box: Box): Scene => ({ image, box, truth: null });
  const now = async () => imageOf(requireFrame(options.latestFrame()).image);
  return {
    id: "hardware.liveCell",
    camera: options.camera,
    // A person has put the object where it starts; the goal is a picture.
    reset: async () => ({ start: scene(await now(), boxes.start), goal: scene(goal, boxes.goal) }),
    observe: async () => scene(await now(), boxes.start),
    execute: (trajectory) => execute(options, trajectory),
    close: () => Promise.resolve(),
  };
}

async function* execute(
  options: LiveEnvironmentOptions,
  trajectory: JointTrajectory,
): AsyncGenerator<EnvironmentSample> {
  const { cell, nowUs, latestFrame, name } = options;
  const startUs = nowUs();
  const frames: { readonly frame: LiveFrame; readonly timeUs: number }[] = [];
  const states: number[] = [];
  const player = new PrimitivePlayer(name, trajectory);
  const stopped = await play(options, trajectory, player, () => {
    for (const arm of arms) {
      const joints = cell.jointsOf(arm) ?? new Float64Array(commandSize - 1);
      states.push(...joints, cell.openingOf(arm));
    }
    const due = motionFrameFractions[frames.length];
    const frame = latestFrame();
    if (due !== undefined && frame !== null && player.share >= due) {
      frames.push({ frame, timeUs: nowUs() - startUs });
    }
  });
  // Pictures are decoded only now: while the arm moves, nothing else is to be waited for.
  for (const { frame, timeUs } of frames) {
    yield { type: "frame", timeUs, phase: "motion", image: await imageOf(frame.image) };
  }
  const stepCount = states.length / (arms.length * commandSize);
  const timeUs = nowUs() - startUs;
  const { rateHz } = options;
  yield { type: "states", timeUs, rateHz, stepCount, states: Float32Array.from(states) };
  if (stopped !== null) {
    const remedy = "see safety.gateIntervened; release the cell when it is clear";
    yield { type: "refused", timeUs, arm: trajectory.arm, reason: stopped, remedy };
    return;
  }
  await sleep(settleMs);
  cell.finish(name);
  const image = await imageOf(requireFrame(latestFrame()).image);
  yield { type: "frame", timeUs: nowUs() - startUs, phase: "final", image };
}

/**
 * Sends the primitive, a command a period. A command that the gate changes ends it: what goes on from
 * there would not be what was planned.
 *
 * @returns why it did not come to its end, or null.
 */
async function play(
  { cell, nowUs, rateHz, signal }: LiveEnvironmentOptions,
  { arm }: JointTrajectory,
  player: PrimitivePlayer,
  onStep: () => void,
): Promise<string | null> {
  const periodUs = 1e6 / rateHz;
  // Just inside the gate's next command period, of which each takes one command.
  const untilNextPeriod = () => {
    const now = nowUs();
    const nextUs = (Math.floor(now / periodUs) + 1) * periodUs;
    return sleep((nextUs - now) / 1000 + shortestWaitMs);
  };
  await untilNextPeriod();
  while (!player.isDone) {
    if (signal.aborted) return comeToRest(cell, periodUs, "interrupted");
    const { command, gripper } = player.next(nowUs(), cell.openingOf(arm));
    if (gripper !== null) cell.moveFingers(arm, gripper);
    let decision = cell.command(command);
    while (isTooSoon(decision)) {
      await sleep(shortestWaitMs);
      decision = cell.command(command);
    }
    onStep();
    if (decision.reasons.length > 0) {
      return comeToRest(cell, periodUs, decision.reasons.join(", "));
    }
    await untilNextPeriod();
  }
  return null;
}

/** Brakes: the gate answers silence with a braking path, and with nothing once the arm rests. */
async function comeToRest(cell: LiveCell, periodUs: number, why: string): Promise<string> {
  for (let isMoving = true; isMoving;) {
    await sleep(periodUs / 1000);
    const decision = cell.command(null);
    isMoving = decision.sent !== null || isTooSoon(decision);
  }
  return why;
}

function isTooSoon({ reasons }: GateDecision): boolean {
  return reasons.includes("tooSoon");
}

function requireFrame(frame: LiveFrame | null): LiveFrame {
  if (frame !== null) return frame;
  throw new DreamlogError(
    "LINK_FAILED",
    "expected a picture of the leading camera, found that none has come; see the cell file's image topic",
  );
}

/** @throws {DreamlogError} `IMAGE_INVALID`. */
export async function imageOf({
  format,
  bytes,
  widthPx,
  heightPx,
}: ImageReading): Promise<RgbImage> {
  if (widthPx === null || heightPx === null) return decodeImage(bytes);
  const pixels = new Uint8Array(widthPx * heightPx * 3);
  const channels = bytes.length / (widthPx * heightPx);
  const isSwapped = format === "bgr8";
  for (let at = 0; at < pixels.length; at++) {
    const channel = isSwapped ? 2 - (at % 3) : at % 3;
    const pixel = Math.floor(at / 3);
    pixels[at] = channels === 3 ? bytes[3 * pixel + channel]! : bytes[pixel]!;
  }
  return createRgbImage(widthPx, heightPx, pixels);
}
