import type { ParquetCells, ParquetColumn } from "../parquetTable.ts";
import type { RobotEpisode } from "../robotEpisode.ts";
import { quantiles, statsOfColumns, type FeatureStats } from "./featureStats.ts";
import type { LerobotFeature } from "./lerobotInfo.ts";

/** Place of an episode in its data set. */
export interface EpisodePlace {
  readonly episodeIndex: number;
  readonly taskIndex: number;
  /** Index of its first row among all rows. */
  readonly fromIndex: number;
}

/** The columns that a feature table has in Parquet; videos are beside it. */
export function dataColumns(
  features: Readonly<Record<string, LerobotFeature>>,
): readonly ParquetColumn[] {
  const types = { float32: "float", int64: "int64", bool: "bool" } as const;
  return Object.entries(features).flatMap(([name, { dtype, shape }]) =>
    dtype === "video"
      ? []
      : [{ name, type: types[dtype], listDepth: shape[0] === 1 ? (0 as const) : (1 as const) }],
  );
}

/** An episode's values by feature, one number (or vector, row after row) a row. */
export function columnsOf(
  episode: RobotEpisode,
  { episodeIndex, taskIndex, fromIndex }: EpisodePlace,
): Readonly<Record<string, Float32Array | Float64Array>> {
  const { rowCount, rateHz, states, actions, score } = episode;
  const last = rowCount - 1;
  const each = (valueOf: (row: number) => number) =>
    Float64Array.from({ length: rowCount }, (_, row) => valueOf(row));
  return {
    "observation.state": states,
    action: actions,
    "next.reward": each((row) => (row === last ? (score ?? 0) : 0)),
    "next.done": each((row) => Number(row === last)),
    "next.success": each((row) => Number(row === last && score === 1)),
    // As float32, like the column: the statistics are of what is stored.
    timestamp: Float32Array.from({ length: rowCount }, (_, row) => row / rateHz),
    frame_index: each((row) => row),
    episode_index: each(() => episodeIndex),
    index: each((row) => fromIndex + row),
    task_index: each(() => taskIndex),
  };
}

/** An episode's values as Parquet takes them. */
export function dataCells(
  columns: ReturnType<typeof columnsOf>,
  features: Readonly<Record<string, LerobotFeature>>,
): ParquetCells {
  const cells = Object.entries(columns).map(([name, values]) => {
    const { dtype, shape } = features[name]!;
    const width = shape[0]!;
    if (width > 1) {
      const rowCount = values.length / width;
      return [name, Array.from({ length: rowCount }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)))]; // prettier-ignore
    }
    const numbers = Array.from(values);
    if (dtype === "int64") return [name, numbers.map(BigInt)];
    return [name, dtype === "bool" ? numbers.map((value) => value === 1) : numbers];
  });
  return Object.fromEntries(cells) as ParquetCells;
}

export function statsOf(
  columns: Readonly<Record<string, ArrayLike<number>>>,
  features: Readonly<Record<string, LerobotFeature>>,
): Readonly<Record<string, FeatureStats>> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [
      name,
      statsOfColumns(values, features[name]!.shape[0]!),
    ]),
  );
}

const statNames = ["min", "max", "mean", "std", ...Object.keys(quantiles)] as const;

/** Statistics in the shapes LeRobot has: [n] for numbers, (3, 1, 1) for the channels of pictures. */
export function shapedStats(
  stats: FeatureStats,
  dtype: LerobotFeature["dtype"],
): Readonly<Record<string, readonly (number | readonly (readonly number[])[])[]>> {
  const shaped = (values: readonly number[]) =>
    dtype === "video" ? values.map((value) => [[value]]) : values;
  return {
    ...Object.fromEntries(
      statNames.map((name) => [name, shaped(stats[name as Exclude<keyof FeatureStats, "count">])]),
    ),
    count: [stats.count],
  };
}

/** Columns of the statistics in the table of episodes. */
export function statColumns(
  features: Readonly<Record<string, LerobotFeature>>,
): readonly ParquetColumn[] {
  return Object.entries(features).flatMap(([feature, { dtype }]) => [
    ...statNames.map((name): ParquetColumn => ({
      name: `stats/${feature}/${name}`,
      type: "double",
      listDepth: dtype === "video" ? 3 : 1,
    })),
    { name: `stats/${feature}/count`, type: "int64" as const, listDepth: 1 as const },
  ]);
}
