import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { segmentFolder } from "../../store/segments.ts";

/** What a log takes on the disk, in bytes. */
export interface LogFiles {
  readonly log: number;
  /** SQLite's write-ahead log, part of it until it is folded in. */
  readonly writeAheadLog: number;
  readonly segments: number;
}

/** Sizes of a log's files; 0 for one that is not there. */
export function logFiles(path: string): LogFiles {
  return {
    log: sizeOf(path),
    writeAheadLog: sizeOf(`${path}-wal`),
    segments: segmentsOf(path).reduce((sum, file) => sum + sizeOf(file), 0),
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function segmentsOf(path: string): readonly string[] {
  const folder = segmentFolder(path);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder).map((name) => join(folder, name));
}
