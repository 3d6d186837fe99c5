import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { DatasetFolder } from "../datasetFolder.ts";
import { invalid, type Row } from "./readValues.ts";

/** The rows of a Parquet file. */
export interface Table {
  readonly rows: readonly Row[];
  /** Those of one episode, in order. */
  ofEpisode(index: number): readonly Row[];
}

/** @throws {DreamlogError} `DATASET_INVALID` for a name without a Parquet file that can be read. */
export type TableReader = (name: string) => Promise<Table>;

/** Reads Parquet files; the last one stays at hand, for episodes share it. */
export function createTableReader(folder: DatasetFolder): TableReader {
  let last: { readonly name: string; readonly table: Table } | undefined;
  return async (name) => {
    if (last?.name === name) return last.table;
    const bytes = await folder.read(name);
    try {
      const file = bytes.slice().buffer;
      // What is no text by its schema stays bytes: pictures.
      const rows = await parquetReadObjects({ file, compressors, utf8: false });
      last = { name, table: tableOf(rows as Row[]) };
      return last.table;
    } catch (cause) {
      throw invalid(name, `no readable Parquet: ${String(cause)}`, cause);
    }
  };
}

function tableOf(rows: readonly Row[]): Table {
  let byEpisode: Map<number, Row[]> | undefined;
  return {
    rows,
    ofEpisode(index) {
      byEpisode ??= rowsByEpisode(rows);
      return byEpisode.get(index) ?? [];
    },
  };
}

function rowsByEpisode(rows: readonly Row[]): Map<number, Row[]> {
  const byEpisode = new Map<number, Row[]>();
  for (const row of rows) {
    const index = Number(row["episode_index"]);
    const own = byEpisode.get(index);
    if (own === undefined) byEpisode.set(index, [row]);
    else own.push(row);
  }
  return byEpisode;
}
