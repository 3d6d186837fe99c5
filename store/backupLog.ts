import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { DreamlogError, isDreamlogError } from "../src/core/errors.ts";
import { createWorkerPool } from "../src/workers/workerPool.ts";
import type { CopyRowsJob } from "./copyRowsThread.ts";
import { Sqlite } from "../src/sqlite/sqlite.ts";
import { openLog, type OpenLogOptions } from "./openLog.ts";
import { segmentFolder, segmentPath } from "./segments.ts";
import { translateOpenError } from "./sqliteErrors.ts";

const copyBytes = 4 * 1024 * 1024;
/** Between two looks at how far the rows are. */
const progressMs = 250;

export interface BackupOptions {
  readonly source: string;
  readonly target: string;
  readonly clock: OpenLogOptions["clock"];
  /** The total is what the log takes now; a copy takes less where the file has room to spare. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface Backup {
  readonly segments: number;
  /** Of the file and the segment files together. */
  readonly bytes: number;
}

/** How much of a segment file the rows of a copy name. */
interface SegmentExtent {
  readonly segment: number;
  readonly endBytes: number;
}

/**
 * Copies a log, with its segment files, while it may be written: the copy holds what the log held at
 * one moment. The rows come first, and the bytes that they name were on the disk before them.
 *
 * The target has its name only when it is whole. A copy that failed leaves nothing; one whose process
 * died leaves files that begin with the target's name and `.partial`, and the next one takes them away.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a target that is there already, or where no file can
 *   be; `LOG_CORRUPT` for a log whose rows cannot all be read; `BLOB_MISSING` when a segment file is
 *   gone or too short; `DISK_FULL`; what `openLog` throws.
 */
export async function backupLog(options: BackupOptions): Promise<Backup> {
  const { source, target, clock, onProgress = () => undefined } = options;
  const partial = `${target}.partial`;
  // Only a copy that died between its last two steps leaves both; neither is anybody's log yet.
  if (existsSync(partial) && !existsSync(target)) removeFiles(segmentFolder(target));
  if (existsSync(target) || existsSync(segmentFolder(target))) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a new file for the copy, found ${target} or ${segmentFolder(target)} there already; name another or remove them`,
      { target },
    );
  }
  // Refuses what is no log, with the words of every other command.
  await openLog({ path: source, clock, mode: "readonly" }).close();
  const removePartial = () => {
    for (const path of [partial, `${partial}-journal`, segmentFolder(partial)]) removeFiles(path);
  };
  try {
    mkdirSync(dirname(target), { recursive: true });
    removePartial();
    const expected = layoutOf(source);
    const expectedBytes = expected.rowBytes + sumOf(expected.extents);
    const show = (done: number) => onProgress(Math.min(done, expectedBytes), expectedBytes);
    await copyRows({ source, target: partial }, show);
    const { rowBytes, extents } = layoutOf(partial);
    const bytes = rowBytes + sumOf(extents);
    let done = rowBytes;
    if (extents.length > 0) mkdirSync(segmentFolder(partial));
    for (const extent of extents) {
      copySegment(source, partial, extent, (more) => show((done += more)));
    }
    if (extents.length > 0) syncFile(segmentFolder(partial));
    syncFile(partial);
    // The folder first: a copy that has its name has all that its rows name.
    if (extents.length > 0) renameSync(segmentFolder(partial), segmentFolder(target));
    renameSync(partial, target);
    syncFile(dirname(target));
    return { segments: extents.length, bytes };
  } catch (error) {
    removePartial();
    throw ofCopy(translateOpenError(error, target), target);
  }
}

/** A full disk costs the copy only. */
function ofCopy(error: unknown, target: string): unknown {
  if (!isDreamlogError(error, "DISK_FULL")) return error;
  return new DreamlogError(
    "DISK_FULL",
    `${target}: no space left for the copy, of which nothing was kept; the log is as it was: free space, or name a place on another disk`,
    { ...error.context, target },
    error,
  );
}

function removeFiles(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function sumOf(extents: readonly SegmentExtent[]): number {
  return extents.reduce((sum, { endBytes }) => sum + endBytes, 0);
}

async function copyRows(job: CopyRowsJob, onProgress: (doneBytes: number) => void): Promise<void> {
  const pool = createWorkerPool<CopyRowsJob, null>({
    module: new URL("./copyRowsThread.ts", import.meta.url),
    size: 1,
    setup: null,
  });
  onProgress(0);
  // SQLite says nothing while it copies, but the file grows.
  const look = () => onProgress(statSync(job.target, { throwIfNoEntry: false })?.size ?? 0);
  const watch = setInterval(look, progressMs);
  try {
    await pool.run(job);
  } finally {
    clearInterval(watch);
    await pool.close();
  }
}

function layoutOf(path: string): {
  /** Of the file, with what its write-ahead log holds. */
  readonly rowBytes: number;
  readonly extents: readonly SegmentExtent[];
} {
  const database = new Sqlite(path, { readonly: true });
  const numberOf = (pragma: string) => database.pragma(pragma, { simple: true }) as number;
  try {
    const rowBytes = numberOf("page_count") * numberOf("page_size");
    const hasSegments = database
      .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'placed_blobs'")
      .get();
    if (hasSegments === undefined) return { rowBytes, extents: [] };
    const extents = database
      .prepare<[], SegmentExtent>(
        `SELECT segment, max(offset_bytes + length_bytes) AS endBytes
         FROM placed_blobs GROUP BY segment ORDER BY segment`,
      )
      .all();
    return { rowBytes, extents };
  } finally {
    database.close();
  }
}

function copySegment(
  source: string,
  target: string,
  { segment, endBytes }: SegmentExtent,
  onCopied: (bytes: number) => void,
): void {
  const from = openSegment(source, segment);
  const to = openSync(segmentPath(target, segment), "wx");
  try {
    const chunk = Buffer.allocUnsafe(copyBytes);
    for (let at = 0; at < endBytes;) {
      const read = readSync(from, chunk, 0, Math.min(copyBytes, endBytes - at), at);
      if (read === 0) throw missing(source, segment, `${at} of ${endBytes} bytes`);
      for (let written = 0; written < read;)
        written += writeSync(to, chunk, written, read - written, at + written);
      at += read;
      onCopied(read);
    }
    fdatasyncSync(to);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

function openSegment(source: string, segment: number): number {
  try {
    return openSync(segmentPath(source, segment), "r");
  } catch {
    throw missing(source, segment, "no such file");
  }
}

function missing(source: string, segment: number, found: string): DreamlogError {
  const path = segmentPath(source, segment);
  return new DreamlogError(
    "BLOB_MISSING",
    `expected segment file ${path}, found ${found}; "dreamlog log verify" tells what it held; if the log was pruned meanwhile, try again`,
    { path, segment },
  );
}

function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
