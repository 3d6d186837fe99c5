import type { Arm, Task } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import {
  cameraFrameCaptured,
  jointCommandsSent,
  jointStatesMeasured,
} from "../../events/environment.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { derivationReused, sessionStarted } from "../../events/session.ts";
import { jointNames, type EpisodeCamera, type RobotEpisode } from "../../exchange/robotEpisode.ts";
import { loadImage } from "../../media/storedImage.ts";
import { isA } from "../derivations/rule.ts";
import type { ExportRequest } from "./exportRequest.ts";

type FrameEvent = StoredEvent<PayloadOf<typeof cameraFrameCaptured>>;
type StatesEvent = StoredEvent<PayloadOf<typeof jointStatesMeasured>>;
type CommandsEvent = StoredEvent<PayloadOf<typeof jointCommandsSent>>;

const pageSize = 1000;
/** Joint angles and finger opening of one arm. */
const armWidth = jointNames.length / 2;
const stepUs = (rateHz: number, step: number) => Math.round((step * 1_000_000) / rateHz);

/** What is said to a policy that reads its task. */
const instructions: Readonly<Record<Task, string>> = {
  rope: "Lay the rope the way the goal shows.",
  cloth: "Fold the cloth the way the goal shows.",
  toy: "Put the toy's arms the way the goal shows.",
};

/** @returns the sessions in which the arms moved, in order of name. */
export async function readEpisodes(request: ExportRequest): Promise<readonly RobotEpisode[]> {
  const episodes: RobotEpisode[] = [];
  for (const { id, firstPosition } of await request.log.sessions(request.prefix)) {
    if (firstPosition > request.uptoPosition) continue;
    const episode = episodeOf(request, id, await readSessionUpto(request, id));
    if (episode !== null) episodes.push(episode);
  }
  return episodes;
}

/** A session's events with what it shares with its parent; a reused derivation is what it stands for. */
export async function readSessionUpto(
  { log, uptoPosition }: Pick<ExportRequest, "log" | "uptoPosition">,
  session: SessionId,
): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, afterPosition, uptoPosition, limit: pageSize });
    for (const event of page) {
      const meant = isA(event, derivationReused) ? await log.get(event.causes[0]!) : event;
      if (meant !== undefined) events.push(meant);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return events;
    afterPosition = last.position;
  }
}

/** @returns null for a session in which nothing moved or nothing was seen. */
function episodeOf(
  request: ExportRequest,
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
  const rowTimeUs = (row: number) => startUs + stepUs(rateHz, row);
  const cameras = [...new Set(frames.map(({ payload }) => payload.camera))].sort();
  const { task } = started.payload;
  const scored = events.filter((event) => isA(event, outcomeScored)).at(-1);
  return {
    session,
    task: task === null ? "Do what the goal shows." : instructions[task],
    rateHz,
    rowCount,
    startUs,
    states,
    actions: actionsOf(states, rowCount, rowTimeUs, commanded),
    cameras: cameras.map((camera) =>
      cameraOf(
        request,
        frames.filter(({ payload }) => payload.camera === camera),
        Array.from({ length: rowCount }, (_, row) => rowTimeUs(row)),
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
  rowCount: number,
  rowTimeUs: (row: number) => number,
  commanded: readonly CommandsEvent[],
): Float32Array {
  const actions = new Float32Array(states.length);
  const armOffset = (arm: Arm) => (arm === "left" ? 0 : armWidth);
  for (let row = 0; row < rowCount; row++) {
    actions.set(states.subarray(0, jointNames.length), row * jointNames.length);
    for (const { payload, sourceTimeUs } of commanded) {
      const elapsedUs = rowTimeUs(row) - sourceTimeUs;
      const step = Math.round((elapsedUs * payload.rateHz) / 1_000_000);
      if (step < 0) continue;
      const from = armWidth * Math.min(step, payload.stepCount - 1);
      actions.set(
        payload.commands.subarray(from, from + armWidth),
        row * jointNames.length + armOffset(payload.arm),
      );
    }
  }
  return actions;
}

/** @param frames - of one camera, in order of position; @param rowTimesUs - increasing. */
function cameraOf(
  { blobs }: ExportRequest,
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
    load: () => Promise.all(inTime.map((frame) => loadImage(blobs, frame.payload.image))),
    files: (count) =>
      Promise.all(
        inTime.slice(0, count).map(async ({ payload: { image } }) => ({
          mediaType: image.blob.mediaType,
          bytes: await blobs.get(image.blob.digest),
        })),
      ),
  };
}

/**
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when there is no episode; `ARGUMENT_INVALID` when not all
 *   have the rate and the cameras of the first, which one data set needs.
 */
export function requireAlike(episodes: readonly RobotEpisode[], prefix: string): void {
  const shapeOf = ({ rateHz, cameras }: RobotEpisode) =>
    [
      `${rateHz} Hz`,
      ...cameras.map(({ name, widthPx, heightPx }) => `${name} ${widthPx}×${heightPx}`),
    ].join(", ");
  const [first] = episodes;
  if (first === undefined) {
    throw new DreamlogError(
      "STAGE_INCOMPLETE",
      `expected sessions "${prefix}…" in which an arm moved, found none; collect first, or name other sessions`,
      { prefix },
    );
  }
  const odd = episodes.find((episode) => shapeOf(episode) !== shapeOf(first));
  if (odd === undefined) return;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected sessions of one rate and the same cameras, found ${shapeOf(first)} in ${first.session} and ${shapeOf(odd)} in ${odd.session}; export them apart with --sessions`,
    { first: first.session, odd: odd.session },
  );
}
