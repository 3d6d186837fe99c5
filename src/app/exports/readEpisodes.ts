import { DreamlogError } from "../../core/errors.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import { derivationReused } from "../../events/session.ts";
import type { RobotEpisode } from "../../exchange/robotEpisode.ts";
import { isA } from "../derivations/rule.ts";
import type { ExportRequest } from "./exportRequest.ts";
import { motionEpisode } from "./motionEpisode.ts";
import type { LeftOut } from "./recordings/cutStretches.ts";
import { readRecording } from "./recordings/readRecording.ts";
import { recordingEpisodes } from "./recordings/recordingEpisodes.ts";

const pageSize = 1000;

export interface ReadEpisodes {
  /** In order of session name, those of one session in order of time. */
  readonly episodes: readonly RobotEpisode[];
  /** What live recordings hold beside them. */
  readonly leftOut: readonly LeftOut[];
  /** The sessions that they were read from, each with its head and how far it was read. */
  readonly sources: readonly string[];
}

/**
 * Reads the sessions in which the arms moved, and the recordings of live cells. What a live session
 * carried out is read from its recording, where there is a picture a row, and not from the sessions of
 * its primitives, which hold a few pictures of the same.
 */
export async function readEpisodes(request: ExportRequest): Promise<ReadEpisodes> {
  const episodes: RobotEpisode[] = [];
  const leftOut: LeftOut[] = [];
  const recordings: SessionId[] = [];
  const sources: string[] = [];
  for (const { id, firstPosition, lastPosition, head } of await request.log.sessions(
    request.prefix,
  )) {
    if (firstPosition > request.uptoPosition) continue;
    const source = `${id}@${head}:${Math.min(lastPosition, request.uptoPosition)}`;
    // A recording's name comes before the names below it.
    if (recordings.some((recording) => id.startsWith(`${recording}/`))) continue;
    const recording = await readRecording(request, id);
    if (recording !== null) {
      const read = await recordingEpisodes(request, recording);
      recordings.push(id);
      sources.push(source);
      episodes.push(...read.episodes);
      leftOut.push(...read.leftOut);
      continue;
    }
    const episode = motionEpisode(request, id, await readSessionUpto(request, id));
    if (episode === null) continue;
    episodes.push(episode);
    sources.push(source);
  }
  return { episodes, leftOut, sources };
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
