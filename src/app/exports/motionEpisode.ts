import type { Arm } from "../../core/cell.ts";
import type { RgbImage } from "../../core/image.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import {
  cameraFrameCaptured,
  jointCommandsSent,
  jointStatesMeasured,
} from "../../events/environment.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { sessionStarted } from "../../events/session.ts";
import {
  jointNames,
  type EpisodeCamera,
  type PictureFile,
  type RobotEpisode,
} from "../../exchange/robotEpisode.ts";
import { loadImage } from "../../media/storedImage.ts";
import { isA } from "../derivations/rule.ts";
import type { ExportRequest } from "./exportRequest.ts";
import { instructionOf } from "./instructions.ts";

type FrameEvent = StoredEvent<PayloadOf<typeof cameraFrameCaptured>>;
type StatesEvent = StoredEvent<PayloadOf<typeof jointStatesMeasured>>;
type CommandsEvent = StoredEvent<PayloadOf<typeof jointCommandsSent>>;

/** Joint angles and finger opening of one arm. */
const armWidth = jointNames.length / 2;
const stepUs = (rateHz: number, step: number) => Math.round((step * 1_000_000) / rateHz);

/**
 * Makes an episode of a session whose joints were measured at a steady rate while a few pictures were
 * taken.
 *
 * @param events - of the session, see `readSessionUpto`.
 * @returns null for a session in which nothing moved or nothing was seen.
 */
export function motionEpisode(
  request: Pick<ExportRequest, "blobs">,
  session: SessionId,
  events: readonly StoredEvent[],
): RobotEpisode | null {
  const measured = events.filter((event) => isA(event, jointStatesMeasured));
  const commanded = events.filter((event) => isA(event, jointCommandsSent));
  const frames = events
    .filter((event) => isA(event, cameraFrameCaptured))
    .filter(({ payload }) => payload.phase !== "goal");
  const started = events.find((event) => isA(event, sessionStarted));
  const [first] = measured;
  if (first === undefined || frames.length === 0 || started === undefined) return null;
  const { rateHz } = first.payload;
  const startUs = first.sourceTimeUs - stepUs(rateHz, first.payload.stepCount);
  const states = allStates(measured);
  // One row more than steps: the last shows what came of the motion.
  const rowCount = states.length / jointNames.length;
  const rowTimesUs = Array.from({ length: rowCount }, (_, row) => startUs + stepUs(rateHz, row));
  const cameras = [...new Set(frames.map(({ payload }) => payload.camera))].sort();
  const { task } = started.payload;
  const scored = events.filter((event) => isA(event, outcomeScored)).at(-1);
  return {
    session,
    task: instructionOf(task),
    rateHz,
    rowCount,
    rowTimesUs,
    states,
    actions: actionsOf(states, rowTimesUs, commanded),
    cameras: cameras.map((camera) =>
      cameraOf(
        request,
        frames.filter(({ payload }) => payload.camera === camera),
        rowTimesUs,
      ),
    ),
    score: scored?.payload.score ?? null,
  };
}

/** Every measured state in order of time, and the last once more for the outcome's row. */
function allStates(measured: readonly StatesEvent[]): Float32Array {
  const parts = measured.map(({ payload }) => payload.states);
  const last = parts.at(-1)!.slice(-jointNames.length);
  const states = new Float32Array(parts.reduce((sum, part) => sum + part.length, last.length));
  let at = 0;
  for (const part of [...parts, last]) {
    states.set(part, at);
    at += part.length;
  }
  return states;
}

/** The command of each arm at the time of each row; before its first, an arm is told to stay. */
function actionsOf(
  states: Float32Array,
  rowTimesUs: readonly number[],
  commanded: readonly CommandsEvent[],
): Float32Array {
  const actions = new Float32Array(states.length);
  const armOffset = (arm: Arm) => (arm === "left" ? 0 : armWidth);
  rowTimesUs.forEach((timeUs, row) => {
    actions.set(states.subarray(0, jointNames.length), row * jointNames.length);
    for (const { payload, sourceTimeUs } of commanded) {
      const elapsedUs = timeUs - sourceTimeUs;
      const step = Math.round((elapsedUs * payload.rateHz) / 1_000_000);
      if (step < 0) continue;
      const from = armWidth * Math.min(step, payload.stepCount - 1);
      actions.set(
        payload.commands.subarray(from, from + armWidth),
        row * jointNames.length + armOffset(payload.arm),
      );
    }
  });
  return actions;
}

/** @param frames - of one camera, in order of position; @param rowTimesUs - increasing. */
function cameraOf(
  { blobs }: Pick<ExportRequest, "blobs">,
  frames: readonly FrameEvent[],
  rowTimesUs: readonly number[],
): EpisodeCamera {
  const inTime = [...frames].sort((a, b) => a.sourceTimeUs - b.sourceTimeUs);
  let newest = 0;
  const pictureOfRow = rowTimesUs.map((timeUs) => {
    while (newest + 1 < inTime.length && inTime[newest + 1]!.sourceTimeUs <= timeUs) newest += 1;
    return newest;
  });
  const [{ payload }] = inTime as [FrameEvent];
  const { widthPx, heightPx } = payload.image;
  return {
    name: payload.camera,
    widthPx,
    heightPx,
    pictureOfRow,
    pictureCount: inTime.length,
    pictures: () => picturesOf(blobs, inTime),
    encoded: { kind: "files", files: () => filesOf(blobs, inTime) },
  };
}

async function* picturesOf(
  blobs: ExportRequest["blobs"],
  frames: readonly FrameEvent[],
): AsyncGenerator<RgbImage> {
  for (const { payload } of frames) yield await loadImage(blobs, payload.image);
}

async function* filesOf(
  blobs: ExportRequest["blobs"],
  frames: readonly FrameEvent[],
): AsyncGenerator<PictureFile> {
  for (const { payload } of frames) {
    const { digest, mediaType } = payload.image.blob;
    yield { mediaType, bytes: await blobs.get(digest) };
  }
}
