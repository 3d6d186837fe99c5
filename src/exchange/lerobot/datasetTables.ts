import type { DatasetFolder } from "../datasetFolder.ts";
import type { RobotEpisode } from "../robotEpisode.ts";
import {
  createParquetFile,
  type ParquetCells,
  type ParquetColumn,
  type ParquetFile,
  type ParquetRow,
} from "../parquetTable.ts";
import { statColumns } from "./episodeTable.ts";
import * as layout from "./lerobotInfo.ts";

type Features = Readonly<Record<string, layout.LerobotFeature>>;

const dataFileBytesMax = 100 * 1024 * 1024;
/** Episodes in one file of `meta/episodes`. */
export const episodesPerFile = 10_000;

/** Writes `meta/episodes`: where each episode's rows and videos are, and its statistics. */
export async function writeEpisodeTable(
  folder: DatasetFolder,
  { features, cameras }: { readonly features: Features; readonly cameras: readonly string[] },
  rows: readonly ParquetRow[],
): Promise<void> {
  const int = (name: string): ParquetColumn => ({ name, type: "int64" });
  const videos = cameras.flatMap((name): ParquetColumn[] => {
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
export async function writeTasks(folder: DatasetFolder, tasks: readonly string[]): Promise<void> {
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

/**
 * Writes when each row was measured, which the data set itself does not hold: its times are indices over
 * the rate. A table of its own, for no reader of the format looks for it.
 */
export async function writeRowTimes(
  folder: DatasetFolder,
  episodes: readonly Pick<RobotEpisode, "rowTimesUs">[],
): Promise<void> {
  const columns = ["episode_index", "frame_index", "source_time_us"];
  const table = createParquetFile(columns.map((name) => ({ name, type: "int64" })));
  episodes.forEach(({ rowTimesUs }, episode) => {
    const cells = {
      episode_index: rowTimesUs.map(() => BigInt(episode)),
      frame_index: rowTimesUs.map((_, row) => BigInt(row)),
      source_time_us: rowTimesUs.map(BigInt),
    };
    table.addColumns(cells, rowTimesUs.length);
  });
  await folder.write("row-times.parquet", table.finish());
}

/** What the datasets library reads the column types from. */
function huggingFaceFeatures(features: Features): Readonly<Record<string, string>> {
  const typed = Object.entries(features).flatMap(([name, { dtype, shape }]) => {
    const value = { dtype, _type: "Value" };
    if (dtype === "video") return [];
    return [[name, shape[0] === 1 ? value : { feature: value, length: shape[0], _type: "List" }]];
  });
  return {
    huggingface: JSON.stringify({ info: { features: Object.fromEntries(typed) as object } }),
  };
}

export interface DataFiles {
  /** Adds the rows of an episode. @returns the file they are in. */
  add(
    cells: ParquetCells,
    rowCount: number,
  ): Promise<{ readonly chunk: number; readonly file: number }>;
  finish(): Promise<void>;
}

/** Data files of LeRobot's size, one after the other. */
export function createDataFiles(
  folder: DatasetFolder,
  columns: readonly ParquetColumn[],
  features: Features,
): DataFiles {
  const metadata = huggingFaceFeatures(features);
  let number = 0;
  let open: ParquetFile = createParquetFile(columns, metadata);
  const close = async () => {
    const { chunk, file } = layout.chunkOf(number);
    const place = { chunk_index: chunk, file_index: file };
    await folder.write(layout.fillTemplate(layout.dataPathTemplate, place), open.finish());
  };
  return {
    async add(cells, rowCount) {
      if (open.lengthBytes() >= dataFileBytesMax) {
        await close();
        number += 1;
        open = createParquetFile(columns, metadata);
      }
      open.addColumns(cells, rowCount);
      return layout.chunkOf(number);
    },
    finish: close,
  };
}
