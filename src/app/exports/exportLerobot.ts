import { digestFields } from "../../core/digest.ts";
import { prepareDatasetFolder } from "../../exchange/datasetFolder.ts";
import type { VideoQuality } from "../../exchange/lerobot/episodeVideo.ts";
import { writeLerobot } from "../../exchange/lerobot/writeLerobot.ts";
import type { RobotEpisode } from "../../exchange/robotEpisode.ts";
import { interrupted } from "../runContext.ts";
import type { ExportRequest, ExportResult } from "./exportRequest.ts";
import { readEpisodes, requireAlike } from "./readEpisodes.ts";
import type { LeftOut } from "./recordings/cutStretches.ts";

const format = "lerobot";

/**
 * Writes every session in which an arm moved as an episode of a LeRobot data set, version 3.0.
 *
 * @throws {DreamlogError} `STAGE_INCOMPLETE`, `INTERRUPTED`, `ARGUMENT_INVALID`; what `writeLerobot`
 *   throws.
 */
export async function exportLerobot(
  request: ExportRequest,
  quality: VideoQuality,
): Promise<ExportResult> {
  const { prefix, uptoPosition, to, progress, signal } = request;
  const { episodes, leftOut, sources } = await readEpisodes(request);
  requireAlike(episodes, prefix);
  const origins = episodes.map(originOf);
  const source = digestFields(sources);
  const folder = await prepareDatasetFolder(to, `${format} ${quality}`, source);
  const facts = { prefix, uptoPosition, source };
  await folder.describe({ format: `${format} ${quality}`, isComplete: false, facts });
  progress.begin(`export ${format}`, episodes.length);
  const counts = await writeLerobot(folder, episodes, {
    quality,
    onEpisode() {
      progress.advance(1);
      if (signal.aborted) throw interrupted(`export ${format}`);
    },
  });
  await folder.write("origins.jsonl", linesOf(origins));
  if (leftOut.length > 0) await folder.write("left-out.jsonl", linesOf(leftOut));
  await folder.describe({
    format: `${format} ${quality}`,
    isComplete: true,
    facts: { ...facts, ...counts, ...tallyOf(leftOut) },
  });
  progress.end(`${counts.episodes} episodes, ${counts.frames} frames`);
  return {
    to,
    counts: { ...counts, ...tallyOf(leftOut) },
    next: `LeRobotDataset("dreamlog", root="${to}")`,
  };
}

/** Where an episode comes from: `origins.jsonl` has one a line. */
function originOf({ session, rateHz, rowTimesUs }: RobotEpisode, episode: number) {
  const startUs = rowTimesUs[0]!;
  const deviationUs = rowTimesUs.reduce(
    (most, timeUs, row) => Math.max(most, Math.abs(timeUs - startUs - (row * 1_000_000) / rateHz)),
    0,
  );
  return {
    episode_index: episode,
    session,
    startUs,
    endUs: rowTimesUs.at(-1)!,
    /** By how much the data set's time of a row, its index over the rate, is off at most. */
    deviationUs: Math.round(deviationUs),
  };
}

/** Counts of what live recordings hold and the data set does not; none of what there is none of. */
function tallyOf(leftOut: readonly LeftOut[]): Readonly<Record<string, number>> {
  const rowsBy = (reason: LeftOut["reason"]) =>
    leftOut.reduce((sum, one) => sum + (one.reason === reason ? (one.rows ?? 1) : 0), 0);
  const counts = {
    pauses: leftOut.filter(({ reason }) => reason === "pause").length,
    idleRows: rowsBy("idle"),
    shortRows: rowsBy("short"),
    incompleteRows: rowsBy("incomplete"),
    depthCameras: rowsBy("depth"),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function linesOf(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
