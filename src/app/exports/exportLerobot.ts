import { prepareDatasetFolder } from "../../exchange/datasetFolder.ts";
import type { VideoQuality } from "../../exchange/lerobot/episodeVideo.ts";
import { writeLerobot } from "../../exchange/lerobot/writeLerobot.ts";
import { interrupted } from "../runContext.ts";
import type { ExportRequest, ExportResult } from "./exportRequest.ts";
import { readEpisodes, requireAlike } from "./readEpisodes.ts";

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
  const episodes = await readEpisodes(request);
  requireAlike(episodes, prefix);
  const folder = await prepareDatasetFolder(to, `${format} ${quality}`);
  const facts = { prefix, uptoPosition };
  await folder.describe({ format: `${format} ${quality}`, isComplete: false, facts });
  progress.begin(`export ${format}`, episodes.length);
  const counts = await writeLerobot(folder, episodes, {
    quality,
    onEpisode() {
      progress.advance(1);
      if (signal.aborted) throw interrupted(`export ${format}`);
    },
  });
  const sessions = episodes.map(({ session, startUs }, index) => ({
    episode_index: index,
    session,
    startUs,
  }));
  await folder.write("origins.jsonl", sessions.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await folder.describe({
    format: `${format} ${quality}`,
    isComplete: true,
    facts: { ...facts, ...counts },
  });
  progress.end(`${counts.episodes} episodes, ${counts.frames} frames`);
  return {
    to,
    counts: { ...counts },
    next: `LeRobotDataset("dreamlog", root="${to}")`,
  };
}
