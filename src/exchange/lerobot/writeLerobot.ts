import type { DatasetFolder } from "../datasetFolder.ts";
import type { ParquetRow } from "../parquetTable.ts";
import type { EpisodeCamera, RobotEpisode } from "../robotEpisode.ts";
import { createDataFiles, episodesPerFile, writeEpisodeTable, writeRowTimes, writeTasks, type DataFiles } from "./datasetTables.ts"; // prettier-ignore
import { columnsOf, dataCells, dataColumns, shapedStats, statsOf } from "./episodeTable.ts";
import { encodingOf, type VideoQuality } from "./episodeVideo.ts";
import { addPixels, createPixelHistogram, statsOfPixels, type FeatureStats, type PixelHistogram } from "./featureStats.ts"; // prettier-ignore
import * as layout from "./lerobotInfo.ts";
import { writeCameraVideo } from "./writeCameraVideo.ts";

export interface LerobotCounts {
  readonly episodes: number;
  readonly frames: number;
  readonly tasks: number;
  readonly videos: number;
}

interface Writing {
  readonly folder: DatasetFolder;
  readonly episodes: readonly RobotEpisode[];
  readonly quality: VideoQuality;
  readonly encoding: layout.VideoEncoding;
  readonly features: Readonly<Record<string, layout.LerobotFeature>>;
  readonly tasks: readonly string[];
  readonly data: DataFiles;
  /** Of all episodes so far, for the statistics of the whole set. */
  readonly columns: Map<string, (Float32Array | Float64Array)[]>;
  readonly pixels: Map<string, PixelHistogram>;
}

/**
 * Writes episodes as a LeRobot data set, version 3.0: rows in Parquet with a row group an episode, an
 * MP4 a camera and episode, statistics, tasks and the table of episodes. Equal episodes give equal
 * bytes; videos that are there already stay.
 *
 * @param episodes - at least one; all of one rate and with the same cameras.
 * @param onEpisode - called after each; what it throws stops the writing.
 * @throws {DreamlogError} `FFMPEG_MISSING`, `FFMPEG_FAILED`, what loading pictures throws.
 */
export async function writeLerobot(
  folder: DatasetFolder,
  episodes: readonly RobotEpisode[],
  options: { readonly quality: VideoQuality; readonly onEpisode: () => void },
): Promise<LerobotCounts> {
  const { quality, onEpisode } = options;
  const [{ cameras, rateHz }] = episodes as readonly [RobotEpisode];
  const encoding = await encodingOf(quality, cameras[0]);
  const features = layout.featuresOf(cameras, rateHz, encoding);
  const tasks = [...new Set(episodes.map(({ task }) => task))].sort();
  const data = createDataFiles(folder, dataColumns(features), features);
  const columns = new Map<string, (Float32Array | Float64Array)[]>();
  const pixels = new Map<string, PixelHistogram>();
  const writing = { folder, episodes, quality, encoding, features, tasks, data, columns, pixels };
  const rows: ParquetRow[] = [];
  let fromIndex = 0;
  for (const [episodeIndex, episode] of episodes.entries()) {
    rows.push(await writeEpisode(writing, episode, episodeIndex, fromIndex));
    fromIndex += episode.rowCount;
    onEpisode();
  }
  await data.finish();
  await writeEpisodeTable(folder, { features, cameras: cameras.map(({ name }) => name) }, rows);
  await writeTasks(folder, tasks);
  await writeRowTimes(folder, episodes);
  await writeStats(writing);
  const counts = {
    episodes: episodes.length,
    frames: fromIndex,
    tasks: tasks.length,
    videos: episodes.length * cameras.length,
  };
  await folder.write(layout.infoPath, json(infoOf(writing, rateHz, counts)));
  return counts;
}

async function writeEpisode(
  writing: Writing,
  episode: RobotEpisode,
  episodeIndex: number,
  fromIndex: number,
): Promise<ParquetRow> {
  const { features, tasks, data, quality } = writing;
  const taskIndex = tasks.indexOf(episode.task);
  const columns = columnsOf(episode, { episodeIndex, taskIndex, fromIndex });
  for (const [name, values] of Object.entries(columns)) {
    const all = writing.columns.get(name);
    if (all === undefined) writing.columns.set(name, [values]);
    else all.push(values);
  }
  const place = await data.add(dataCells(columns, features), episode.rowCount);
  const video = layout.chunkOf(episodeIndex);
  const stats: Record<string, FeatureStats> = { ...statsOf(columns, features) };
  const videoCells: Record<string, bigint | number> = {};
  for (const camera of episode.cameras) {
    const key = layout.videoKey(camera.name);
    const lead = quality === "copy" && camera.encoded.kind === "video" ? camera.encoded.leadCount : 0; // prettier-ignore
    stats[key] = await writeCamera(writing, episode, camera, video);
    Object.assign(videoCells, {
      [`videos/${key}/chunk_index`]: BigInt(video.chunk),
      [`videos/${key}/file_index`]: BigInt(video.file),
      [`videos/${key}/from_timestamp`]: lead / episode.rateHz,
      [`videos/${key}/to_timestamp`]: (lead + episode.rowCount) / episode.rateHz,
    });
  }
  const meta = layout.chunkOf(Math.floor(episodeIndex / episodesPerFile));
  return {
    episode_index: BigInt(episodeIndex),
    tasks: [episode.task],
    length: BigInt(episode.rowCount),
    "data/chunk_index": BigInt(place.chunk),
    "data/file_index": BigInt(place.file),
    dataset_from_index: BigInt(fromIndex),
    dataset_to_index: BigInt(fromIndex + episode.rowCount),
    ...videoCells,
    ...statCells(stats, features),
    "meta/episodes/chunk_index": BigInt(meta.chunk),
    "meta/episodes/file_index": BigInt(meta.file),
  };
}

/** @returns statistics of the pictures, each of which counts once however long it was held. */
async function writeCamera(
  { folder, quality, encoding, pixels }: Writing,
  { rateHz }: RobotEpisode,
  camera: EpisodeCamera,
  { chunk, file }: { readonly chunk: number; readonly file: number },
): Promise<FeatureStats> {
  const key = layout.videoKey(camera.name);
  const name = layout.fillTemplate(layout.videoPathTemplate, {
    video_key: key,
    chunk_index: chunk,
    file_index: file,
  });
  const histogram = await writeCameraVideo(folder, name, camera, { rateHz, quality, encoding });
  const all = pixels.get(key) ?? createPixelHistogram();
  addPixels(all, histogram);
  pixels.set(key, all);
  return statsOfPixels(histogram);
}

function statCells(
  stats: Readonly<Record<string, FeatureStats>>,
  features: Writing["features"],
): ParquetRow {
  const cells = Object.entries(features).flatMap(([feature, { dtype }]) =>
    Object.entries(shapedStats(stats[feature]!, dtype)).map(([name, values]) => [
      `stats/${feature}/${name}`,
      name === "count" ? values.map((value) => BigInt(Number(value))) : values,
    ]),
  );
  return Object.fromEntries(cells) as ParquetRow;
}

async function writeStats({ folder, features, columns, pixels }: Writing): Promise<void> {
  const all = Object.fromEntries(
    [...columns].map(([name, parts]) => [name, joined(parts)] as const),
  );
  const stats = statsOf(all, features);
  const shaped = Object.entries(features).map(([name, { dtype }]) => [
    name,
    shapedStats(dtype === "video" ? statsOfPixels(pixels.get(name)!) : stats[name]!, dtype),
  ]);
  await folder.write(layout.statsPath, json(Object.fromEntries(shaped)));
}

/** @returns one column after the other. */
function joined(parts: readonly (Float32Array | Float64Array)[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function infoOf({ features }: Writing, rateHz: number, counts: LerobotCounts): object {
  return {
    codebase_version: "v3.0",
    robot_type: "fr3_pair",
    total_episodes: counts.episodes,
    total_frames: counts.frames,
    total_tasks: counts.tasks,
    chunks_size: layout.filesPerChunk,
    data_files_size_in_mb: 100,
    video_files_size_in_mb: 200,
    fps: rateHz,
    splits: { train: `0:${counts.episodes}` },
    data_path: layout.dataPathTemplate,
    video_path: layout.videoPathTemplate,
    features,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 4)}\n`;
}
