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
import { DreamlogError } from "../src/core/errors.ts";
import { Sqlite } from "../src/sqlite/sqlite.ts";
import { openLog, type OpenLogOptions } from "./openLog.ts";
import { segmentFolder, segmentPath } from "./segments.ts";
import { translateOpenError } from "./sqliteErrors.ts";

const copyBytes = 4 * 1024 * 1024;

export interface BackupOptions {
  readonly source: string;
  readonly target: string;
  readonly clock: OpenLogOptions["clock"];
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
 * The target has its name only when it is whole; a copy that was interrupted leaves a file that ends
 * in `.partial`, and the next one writes over it.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a target that is there already, or where no file can
 *   be; `BLOB_MISSING` when a segment file is gone or too short; what `openLog` throws.
 */
export function backupLog(options: BackupOptions): Backup {
  const { source, target, clock, onProgress = () => undefined } = options;
  if (existsSync(target) || existsSync(segmentFolder(target))) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a new file for the copy, found ${target} there already; name another or remove it and ${segmentFolder(target)}`,
      { target },
    );
  }
  // Refuses what is no log, with the words of every other command.
  void openLog({ path: source, clock, mode: "readonly" }).close();
  const partial = `${target}.partial`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    rmSync(partial, { force: true });
    copyRows(source, partial);
    const extents = extentsNamedIn(partial);
    const fileBytes = statSync(partial).size;
    const bytes = extents.reduce((sum, { endBytes }) => sum + endBytes, fileBytes);
    let done = fileBytes;
    onProgress(done, bytes);
    if (extents.length > 0) mkdirSync(segmentFolder(target));
    for (const extent of extents) {
      copySegment(source, target, extent, (more) => onProgress((done += more), bytes));
    }
    syncFile(partial);
    renameSync(partial, target);
    syncFile(dirname(target));
    return { segments: extents.length, bytes };
  } catch (error) {
    throw translateOpenError(error, target);
  }
}

/** One read transaction, which holds up no writer, and leaves out what the file has free. */
function copyRows(source: string, target: string): void {
  const database = new Sqlite(source, { readonly: true });
  try {
    database.prepare("VACUUM INTO ?").run(target);
  } finally {
    database.close();
  }
}

function extentsNamedIn(path: string): readonly SegmentExtent[] {
  const database = new Sqlite(path, { readonly: true });
  try {
    const hasSegments = database
      .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'placed_blobs'")
      .get();
    if (hasSegments === undefined) return [];
    return database
      .prepare<[], SegmentExtent>(
        `SELECT segment, max(offset_bytes + length_bytes) AS endBytes
         FROM placed_blobs GROUP BY segment ORDER BY segment`,
      )
      .all();
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
