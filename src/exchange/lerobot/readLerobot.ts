import * as v from "valibot";
import type { DatasetFolder } from "../datasetFolder.ts";
import { camerasOf, pictureOf, type PictureColumn } from "./datasetCameras.ts";
import { episodesPathTemplate, fillTemplate, infoPath } from "./lerobotInfo.ts";
import { createTableReader, type TableReader } from "./readTables.ts";
import { invalid, jsonOf, numberOf, requireObject, requireWhole, textsOf, utf8Of, type Row } from "./readValues.ts"; // prettier-ignore

const Whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const infoSchema = v.object({
  codebase_version: v.picklist(["v2.1", "v3.0"]),
  robot_type: v.nullish(v.string()),
  fps: v.pipe(v.number(), v.minValue(0.001), v.maxValue(10_000)),
  total_episodes: v.pipe(Whole, v.minValue(1)),
  total_frames: Whole,
  chunks_size: v.pipe(Whole, v.minValue(1)),
  data_path: v.string(),
  video_path: v.nullish(v.string()),
  features: v.record(
    v.string(),
    v.object({
      dtype: v.string(),
      shape: v.pipe(v.array(v.pipe(Whole, v.minValue(1))), v.minLength(1)),
      names: v.nullish(v.unknown()),
      info: v.nullish(v.record(v.string(), v.unknown())),
    }),
  ),
});
export type LerobotInfo = v.InferOutput<typeof infoSchema>;

/** A stretch of a video file. */
export interface VideoStretch {
  readonly camera: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Name in the data set's folder. */
  readonly name: string;
  /** Such as `h264`, as the data set says; null where it does not. */
  readonly codec: string | null;
  /** Frame of the file that the episode begins with. */
  readonly firstFrame: number;
}

/** One numeric feature over an episode. */
export interface FeatureValues {
  readonly feature: string;
  /** Names of the columns, where the data set tells them. */
  readonly names: readonly string[] | null;
  readonly width: number;
  /** Shape [rowCount, width]; of 64 bits where numbers of the feature's type may need them. */
  readonly values: Float32Array | Float64Array;
}

export interface ReadEpisode {
  readonly index: number;
  readonly tasks: readonly string[];
  readonly rowCount: number;
  readonly features: readonly FeatureValues[];
  /** Of cameras whose pictures stand in the rows. */
  readonly pictures: readonly PictureColumn[];
  readonly videos: readonly VideoStretch[];
}

export interface LerobotDataset {
  readonly info: LerobotInfo;
  /** Features that are neither numbers nor pictures, which no episode tells: names, and what they are. */
  readonly leftOut: readonly string[];
  /** Episodes in order, each read when it is asked for. */
  episodes(): AsyncIterable<ReadEpisode>;
}

const v2EpisodesPath = "meta/episodes.jsonl";
/** Which rows belong where: told by the episodes and not kept as values. */
const indexFeatures = new Set(["timestamp", "frame_index", "episode_index", "index", "task_index"]);
/** Types with numbers that no 32-bit float is. */
const needs64Bits = /^(float64|u?int(32|64))$/;
/** Longer is no instruction. */
const taskLengthMax = 10_000;

/**
 * Opens a LeRobot data set of version 2.1 or 3.0. Nothing in it is trusted: names that lead out of its
 * folder, gaps in its rows and files that are not there are errors.
 *
 * @throws {DreamlogError} `DATASET_INVALID`.
 */
export async function openLerobot(folder: DatasetFolder): Promise<LerobotDataset> {
  const parsed = v.safeParse(infoSchema, jsonOf(infoPath, await folder.read(infoPath)));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(infoPath, `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
  }
  const info = parsed.output;
  const rowsOf = createTableReader(folder);
  const read = info.codebase_version === "v3.0" ? episodesOfVersion3 : episodesOfVersion2;
  const leftOut = Object.entries(info.features)
    .filter(
      ([name, { dtype }]) => !isNumeric(dtype) && !isPictured(dtype) && !indexFeatures.has(name),
    )
    .map(([name, { dtype }]) => `${name} (${dtype})`);
  return { info, leftOut, episodes: () => read(folder, info, rowsOf) };
}

async function* episodesOfVersion3(
  folder: DatasetFolder,
  info: LerobotInfo,
  rowsOf: TableReader,
): AsyncIterable<ReadEpisode> {
  let expected = 0;
  for (let chunk = 0; expected < info.total_episodes; chunk++) {
    for (let file = 0; expected < info.total_episodes; file++) {
      const place = { chunk_index: chunk, file_index: file };
      const name = fillTemplate(episodesPathTemplate, place);
      if (file > 0 && !(await folder.has(name))) break;
      for (const row of (await rowsOf(name)).rows) {
        const index = requireWhole(name, row, "episode_index");
        if (index !== expected) throw invalid(name, `episode ${index} where ${expected} follows`);
        expected += 1;
        if (expected > info.total_episodes) {
          throw invalid(
            name,
            `more episodes than the ${info.total_episodes} that ${infoPath} says`,
          );
        }
        yield await readVersion3(info, rowsOf, name, row);
      }
    }
  }
}

async function readVersion3(
  info: LerobotInfo,
  rowsOf: TableReader,
  where: string,
  row: Row,
): Promise<ReadEpisode> {
  const index = requireWhole(where, row, "episode_index");
  const placeOf = (prefix: string) => ({
    chunk_index: requireWhole(where, row, `${prefix}/chunk_index`),
    file_index: requireWhole(where, row, `${prefix}/file_index`),
  });
  const data = fillTemplate(info.data_path, placeOf("data"));
  const rows = (await rowsOf(data)).ofEpisode(index);
  const videos = camerasOf(info.features, "video").map(({ key, ...camera }): VideoStretch => {
    const prefix = `videos/${key}`;
    const from = row[`${prefix}/from_timestamp`];
    if (typeof from !== "number" || from < 0) throw invalid(where, `no start of ${prefix}`);
    return {
      ...camera,
      name: fillTemplate(info.video_path ?? "", { video_key: key, ...placeOf(prefix) }),
      firstFrame: Math.round(from * info.fps),
    };
  });
  return episodeOf(info, data, {
    index,
    tasks: tasksOf(where, row["tasks"]),
    length: requireWhole(where, row, "length"),
    rows,
    videos,
  });
}

async function* episodesOfVersion2(
  folder: DatasetFolder,
  info: LerobotInfo,
  rowsOf: TableReader,
): AsyncIterable<ReadEpisode> {
  const text = utf8Of(v2EpisodesPath, await folder.read(v2EpisodesPath));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length !== info.total_episodes) {
    throw invalid(v2EpisodesPath, `${lines.length} episodes where ${infoPath} says ${info.total_episodes}`); // prettier-ignore
  }
  for (const [at, line] of lines.entries()) {
    const row = requireObject(v2EpisodesPath, jsonOf(v2EpisodesPath, Buffer.from(line)));
    const index = requireWhole(v2EpisodesPath, row, "episode_index");
    if (index !== at) throw invalid(v2EpisodesPath, `episode ${index} where ${at} follows`);
    const place = {
      episode_index: index,
      episode_chunk: Math.floor(index / info.chunks_size),
    };
    const data = fillTemplate(info.data_path, place);
    yield episodeOf(info, data, {
      index,
      tasks: tasksOf(v2EpisodesPath, row["tasks"]),
      length: requireWhole(v2EpisodesPath, row, "length"),
      rows: (await rowsOf(data)).rows,
      videos: camerasOf(info.features, "video").map(({ key, ...camera }) => ({
        ...camera,
        name: fillTemplate(info.video_path ?? "", { ...place, video_key: key }),
        firstFrame: 0,
      })),
    });
  }
}

function episodeOf(
  info: LerobotInfo,
  where: string,
  episode: {
    readonly index: number;
    readonly tasks: readonly string[];
    readonly length: number;
    readonly rows: readonly Row[];
    readonly videos: readonly VideoStretch[];
  },
): ReadEpisode {
  const { index, tasks, length, rows, videos } = episode;
  const frames = rows.map((row) => requireWhole(where, row, "frame_index"));
  const gap = frames.findIndex((frame, at) => frame !== at);
  if (rows.length !== length || gap >= 0) {
    throw invalid(
      where,
      `episode ${index} of ${length} rows has ${rows.length}${gap >= 0 ? `, with a gap at row ${gap}` : ""}`,
    );
  }
  const features = Object.entries(info.features)
    .filter(([name, { dtype }]) => isNumeric(dtype) && !indexFeatures.has(name))
    .map(([name, feature]) => featureOf(where, rows, name, feature));
  const pictures = camerasOf(info.features, "image").map((camera) => ({
    camera: camera.camera,
    files: rows.map((row, at) => pictureOf({ name: where, row: at }, row[camera.key], camera)),
  }));
  return { index, tasks, rowCount: length, features, pictures, videos };
}

function featureOf(
  where: string,
  rows: readonly Row[],
  feature: string,
  { dtype, shape, names }: LerobotInfo["features"][string],
): FeatureValues {
  const width = shape.reduce((product, side) => product * side, 1);
  // All of them before room is made for as many as the data set claims to have.
  const cells = rows.map((row, at) => {
    const cell = row[feature];
    const flat: unknown[] = [cell].flat(shape.length);
    const large = flat.find(losesDigits);
    if (large !== undefined) {
      throw invalid(where, `${feature} at row ${at} is ${large}, of which a 64-bit float loses digits`); // prettier-ignore
    }
    const numbers = flat.map(numberOf);
    if (numbers.length === width && !numbers.some(Number.isNaN)) return numbers;
    throw invalid(where, `${feature} at row ${at} is not ${width} numbers`);
  });
  const Values = needs64Bits.test(dtype) ? Float64Array : Float32Array;
  const values = new Values(rows.length * width);
  cells.forEach((numbers, at) => values.set(numbers, at * width));
  const isNamed = Array.isArray(names) && names.every((name) => typeof name === "string");
  return { feature, names: isNamed ? names : null, width, values };
}

/** @throws {DreamlogError} `DATASET_INVALID` for texts that are none, or far too long. */
function tasksOf(where: string, cell: unknown): readonly string[] {
  const tasks = textsOf(where, cell);
  const long = tasks.find(({ length }) => length > taskLengthMax);
  if (long === undefined) return tasks;
  throw invalid(where, `a task of ${long.length} characters, where ${taskLengthMax} are the most`);
}

function isNumeric(dtype: string): boolean {
  return /^(float|int|uint)\d+$|^bool$/.test(dtype);
}

function losesDigits(cell: unknown): cell is bigint {
  return typeof cell === "bigint" && !Number.isSafeInteger(Number(cell));
}

function isPictured(dtype: string): boolean {
  return dtype === "video" || dtype === "image";
}
