import type { DatasetFolder } from "../datasetFolder.ts";
import {
  createParquetFile,
  type ParquetColumn,
  type ParquetFile,
  type ParquetRow,
} from "../parquetTable.ts";
import type { RobotEpisode } from "../robotEpisode.ts";
import { columnsOf, dataColumns, dataRows, shapedStats, statColumns, statsOf } from "./episodeTable.ts"; // prettier-ignore
import {
  copyEpisodeVideo,
  encodingOf,
  writeEpisodeVideo,
  type VideoQuality,
} from "./episodeVideo.ts";
import { addPixels, countPixels, createPixelHistogram, statsOfPixels, type FeatureStats, type PixelHistogram } from "./featureStats.ts"; // prettier-ignore
import * as layout from "./lerobotInfo.ts";
import { countSampled } from "./sampledPixels.ts";

const dataFileBytesMax = 100 * 1024 * 1024;
/** Episodes in one file of `meta/episodes`. */
const episodesPerFile = 10_000;

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
  const data = createDataFiles(folder, dataColumns(features), huggingFaceFeatures(features));
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
  await writeEpisodeTable(writing, rows);
  await writeTasks(folder, tasks);
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
  const { features, tasks, data } = writing;
  const taskIndex = tasks.indexOf(episode.task);
  const columns = columnsOf(episode, { episodeIndex, taskIndex, fromIndex });
  for (const [name, values] of Object.entries(columns)) {
    const all = writing.columns.get(name) ?? [];
    writing.columns.set(name, [...all, values]);
  }
  const place = await data.add(dataRows(columns, features, episode.rowCount));
  const video = layout.chunkOf(episodeIndex);
  const stats: Record<string, FeatureStats> = { ...statsOf(columns, features) };
  const videoCells: Record<string, bigint | number> = {};
  for (const camera of episode.cameras) {
    const key = layout.videoKey(camera.name);
    stats[key] = await writeCamera(writing, episode, camera, video);
    Object.assign(videoCells, {
      [`videos/${key}/chunk_index`]: BigInt(video.chunk),
      [`videos/${key}/file_index`]: BigInt(video.file),
      [`videos/${key}/from_timestamp`]: 0,
      [`videos/${key}/to_timestamp`]: episode.rowCount / episode.rateHz,
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
  camera: RobotEpisode["cameras"][number],
  { chunk, file }: { readonly chunk: number; readonly file: number },
): Promise<FeatureStats> {
  const key = layout.videoKey(camera.name);
  const name = layout.fillTemplate(layout.videoPathTemplate, {
    video_key: key,
    chunk_index: chunk,
    file_index: file,
  });
  const isThere = await folder.has(name);
  let histogram: PixelHistogram;
  if (quality === "copy") {
    const files = await camera.files();
    const written =
      isThere ||
      copyEpisodeVideo(folder, name, camera, files, { rateHz, pixelFormat: encoding.pixelFormat });
    // ffmpeg writes while the pixels are counted.
    [histogram] = await Promise.all([countSampled(files.map(({ bytes }) => bytes), camera), written]); // prettier-ignore
  } else {
    const pictures = await camera.load();
    if (!isThere) await writeEpisodeVideo(folder, name, camera, pictures, { rateHz, quality });
    histogram = createPixelHistogram();
    for (const picture of pictures) countPixels(histogram, picture.pixels);
  }
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

async function writeEpisodeTable(
  { folder, features, episodes }: Writing,
  rows: readonly ParquetRow[],
): Promise<void> {
  const int = (name: string): ParquetColumn => ({ name, type: "int64" });
  const videos = episodes[0]!.cameras.flatMap(({ name }): ParquetColumn[] => {
    const prefix = `videos/${layout.videoKey(name)}`;
    return [
      int(`${prefix}/chunk_index`),
      int(`${prefix}/file_index`),
      { name: `${prefix}/from_timestamp`, type: "double" },
      { name: `${prefix}/to_timestamp`, type: "double" },
    ];
  });
  const columns: ParquetColumn[] = [
    int("episode_index"),
    { name: "tasks", type: "text", listDepth: 1 },
    int("length"),
    int("data/chunk_index"),
    int("data/file_index"),
    int("dataset_from_index"),
    int("dataset_to_index"),
    ...videos,
    ...statColumns(features),
    int("meta/episodes/chunk_index"),
    int("meta/episodes/file_index"),
  ];
  for (let first = 0; first < rows.length; first += episodesPerFile) {
    const { chunk, file } = layout.chunkOf(first / episodesPerFile);
    const table = createParquetFile(columns);
    table.add(rows.slice(first, first + episodesPerFile));
    const place = { chunk_index: chunk, file_index: file };
    await folder.write(layout.fillTemplate(layout.episodesPathTemplate, place), table.finish());
  }
}

/** pandas finds the tasks by their text, which it needs to be told is the index of the table. */
async function writeTasks(folder: DatasetFolder, tasks: readonly string[]): Promise<void> {
  const column = (name: string, pandasType: string, numpyType: string) => ({
    name,
    field_name: name,
    pandas_type: pandasType,
    numpy_type: numpyType,
    metadata: null,
  });
  const pandas = {
    index_columns: ["task"],
    column_indexes: [],
    columns: [column("task_index", "int64", "int64"), column("task", "unicode", "object")],
    creator: { library: "dreamlog", version: "1" },
    pandas_version: "2.2.0",
  };
  const table = createParquetFile(
    [
      { name: "task_index", type: "int64" },
      { name: "task", type: "text" },
    ],
    { pandas: JSON.stringify(pandas) },
  );
  table.add(tasks.map((task, index) => ({ task_index: BigInt(index), task })));
  await folder.write(layout.tasksPath, table.finish());
}

async function writeStats({ folder, features, columns, pixels }: Writing): Promise<void> {
  const all = Object.fromEntries(
    [...columns].map(([name, parts]) => [
      name,
      Float64Array.from(parts.flatMap((part) => [...part])),
    ]),
  );
  const stats = statsOf(all, features);
  const shaped = Object.entries(features).map(([name, { dtype }]) => [
    name,
    shapedStats(dtype === "video" ? statsOfPixels(pixels.get(name)!) : stats[name]!, dtype),
  ]);
  await folder.write(layout.statsPath, json(Object.fromEntries(shaped)));
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

/** What the datasets library reads the column types from. */
function huggingFaceFeatures(features: Writing["features"]): Readonly<Record<string, string>> {
  const typed = Object.entries(features).flatMap(([name, { dtype, shape }]) => {
    const value = { dtype, _type: "Value" };
    if (dtype === "video") return [];
    return [[name, shape[0] === 1 ? value : { feature: value, length: shape[0], _type: "List" }]];
  });
  return {
    huggingface: JSON.stringify({ info: { features: Object.fromEntries(typed) as object } }),
  };
}

interface DataFiles {
  /** Adds the rows of an episode. @returns the file they are in. */
  add(rows: readonly ParquetRow[]): Promise<{ readonly chunk: number; readonly file: number }>;
  finish(): Promise<void>;
}

/** Data files of LeRobot's size, one after the other. */
function createDataFiles(
  folder: DatasetFolder,
  columns: readonly ParquetColumn[],
  metadata: Readonly<Record<string, string>>,
): DataFiles {
  let number = 0;
  let open: ParquetFile = createParquetFile(columns, metadata);
  const close = async () => {
    const { chunk, file } = layout.chunkOf(number);
    const place = { chunk_index: chunk, file_index: file };
    await folder.write(layout.fillTemplate(layout.dataPathTemplate, place), open.finish());
  };
  return {
    async add(rows) {
      if (open.lengthBytes() >= dataFileBytesMax) {
        await close();
        number += 1;
        open = createParquetFile(columns, metadata);
      }
      open.add(rows);
      return layout.chunkOf(number);
    },
    finish: close,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 4)}\n`;
}
