import { setTimeout as sleep } from "node:timers/promises";
import { PrimitivePlayer } from "../../../hardware/commands/primitivePlayer.ts";
import type { LiveCell, LiveFrame } from "../../../hardware/liveCell.ts";
import { arms } from "../../core/cell.ts";
import type { JointTrajectory } from "../../ports/environment.ts";
import { commandSize } from "../../robot/fr3.ts";
import { motionFrameFractions } from "../testbed.ts";
import { pictureOf } from "./livePicture.ts";
import type { LiveSample } from "./turnUnderWay.ts";

/** The object comes to rest, and the camera sees it, within this after the last command. */
const settleMs = 1000;
const shortestWaitMs = 1;

export interface PlayOptions {
  readonly cell: LiveCell;
  readonly rateHz: number;
  /** Names the primitive for the safety gate. */
  readonly name: string;
  readonly nowUs: () => number;
  readonly latestFrame: () => LiveFrame;
  readonly signal: AbortSignal;
  /** After every command: how much of the primitive is done, 0 to 1. */
  readonly onShare: (share: number) => void;
}

/**
 * Carries a primitive out on a real cell, through the safety gate.
 *
 * @returns what an environment would have sent meanwhile; a `refused` sample, and no final frame, where
 *   the primitive did not come to its end.
 */
export async function playPrimitive(
  options: PlayOptions,
  trajectory: JointTrajectory,
): Promise<readonly LiveSample[]> {
  const { cell, nowUs, latestFrame, name, rateHz, onShare } = options;
  const startUs = nowUs();
  const samples: LiveSample[] = [];
  const states: number[] = [];
  const player = new PrimitivePlayer(name, trajectory);
  const see = (phase: "motion" | "final") => {
    const timeUs = nowUs() - startUs;
    samples.push({ type: "frame", timeUs, phase, picture: pictureOf(latestFrame().image) });
  };
  const stopped = await play(options, trajectory, player, () => {
    for (const arm of arms) {
      const joints = cell.jointsOf(arm) ?? new Float64Array(commandSize - 1);
      states.push(...joints, cell.openingOf(arm));
    }
    const due = motionFrameFractions[samples.length];
    if (due !== undefined && player.share >= due) see("motion");
    onShare(player.share);
  });
  const stepCount = states.length / (arms.length * commandSize);
  const timeUs = nowUs() - startUs;
  samples.push({ type: "states", timeUs, rateHz, stepCount, states: Float32Array.from(states) });
  if (stopped !== null) {
    const remedy = "see safety.gateIntervened; release the cell when it is clear";
    samples.push({ type: "refused", timeUs, arm: trajectory.arm, reason: stopped, remedy });
    return samples;
  }
  await sleep(settleMs);
  cell.finish(name);
  see("final");
  return samples;
}

/**
 * Sends the primitive, a command a period. A command that the gate changes ends it: what goes on from
 * there would not be what was planned.
 *
 * @returns why it did not come to its end, or null.
 */
async function play(
  { cell, nowUs, rateHz, signal }: PlayOptions,
  { arm }: JointTrajectory,
  player: PrimitivePlayer,
  onStep: () => void,
): Promise<string | null> {
  const periodMs = 1000 / rateHz;
  // Each of the gate's command periods takes one command.
  const slotAt = (us: number) => Math.floor((us * rateHz) / 1e6);
  const untilSlotAfter = async (slot: number) => {
    for (let now = nowUs(); slotAt(now) <= slot; now = nowUs()) {
      const restMs = ((slot + 1) * 1e6) / rateHz / 1000 - now / 1000;
      await sleep(Math.max(shortestWaitMs, Math.ceil(restMs)));
    }
  };
  let slot = slotAt(nowUs());
  while (!player.isDone) {
    await untilSlotAfter(slot);
    if (signal.aborted) return comeToRest(cell, periodMs, "interrupted");
    const { command, gripper } = player.next(nowUs(), cell.openingOf(arm));
    if (gripper !== null) cell.moveFingers(arm, gripper);
    const { reasons } = cell.command(command);
    // Afterwards: the gate may have met the command in the next period already.
    slot = slotAt(nowUs());
    onStep();
    if (reasons.length > 0) return comeToRest(cell, periodMs, reasons.join(", "));
  }
  return null;
}

/** Brakes: the gate answers silence with a braking path, and with nothing once the arm rests. */
async function comeToRest(cell: LiveCell, periodMs: number, why: string): Promise<string> {
  for (let isMoving = true; isMoving;) {
    await sleep(periodMs);
    const { sent, reasons } = cell.command(null);
    isMoving = sent !== null || reasons.includes("tooSoon");
  }
  return why;
}
