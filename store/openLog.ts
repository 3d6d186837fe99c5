import type Database from "better-sqlite3";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../src/core/clock.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { BlobStore } from "../src/ports/blobStore.ts";
import type { EventLog } from "../src/ports/eventLog.ts";
import { Sqlite } from "../src/sqlite/sqlite.ts";
import { createBlobTable } from "./blobTable.ts";
import { readStart } from "./fileStart.ts";
import type { LogTables } from "./logTables.ts";
import { createMemoryTables } from "./memoryTables.ts";
import { fileStateOf, migrateFile, standInForNewTables } from "./migrateFile.ts";
import { Segments } from "./segments.ts";
import { translateOpenError } from "./sqliteErrors.ts";
import { createSqliteTables } from "./sqliteTables.ts";
import { createTableLog } from "./tableLog.ts";

/**
 * Measured against 4096 and 16384: single events and pictures of tens of kilobytes, which is what
 * sessions append, are fastest at this size; raw frames of megabytes would gain a fifth at 16384.
 */
const pageSizeBytes = 8192;
/** From here on a file append is worth a second file; measured, see docs/benchmarks.md. */
export const largeBlobBytes = 256 * 1024;
/** The first bytes of every SQLite file. */
const sqliteMagic = Buffer.from("SQLite format 3\0", "latin1");
/**
 * Pages that a writing connection keeps in memory. SQLite's own limit is four times as much, which a
 * live session reaches after minutes: its memory would grow so long for pages it never reads again.
 */
const writerCacheKb = 4096;
/** How long a writer waits for another's transaction. */
const busyTimeoutMs = 10_000;

/**
 * What an acknowledged append survives.
 * - `normal`: the death of the process at any moment (kill -9, a crash in native code), because its
 *   pages are with the operating system then. A power cut, or a crash of the operating system, may
 *   take the last appends with it, always a whole end of the log and never something from its middle:
 *   the log opens and verifies.
 * - `full`: those too, as far as the disk keeps what it confirmed; every transaction waits for it.
 */
export type Durability = "normal" | "full";

/** A log and the blobs that belong to it. */
export interface OpenLog {
  readonly path: string;
  readonly log: EventLog;
  readonly blobs: BlobStore;
  /** The rows themselves, for a full check. */
  readonly tables: LogTables;
  /** The files beside it, if it has any. */
  readonly segments: Segments;
  close(): Promise<void>;
}

export interface OpenLogOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly durability?: Durability;
  /**
   * Where blobs of 256 KiB and more go. `inside`: into the file, so that the log is one file; the
   * default. `beside`: into append-only segment files in a folder beside it, several times faster for
   * raw frames. Either is read whatever is chosen here.
   */
  readonly largeBlobs?: "inside" | "beside";
  /** `create` makes a missing file; `existing` and `readonly` refuse one. Default `create`. */
  readonly mode?: "create" | "existing" | "readonly";
}

/**
 * Opens a log file, making or migrating it as needed. Several processes and threads may hold the
 * same file open; one writes at a time.
 *
 * @throws {DreamlogError} `LOG_MISSING`, `LOG_FOREIGN`, `LOG_TOO_NEW`, `LOG_CORRUPT`, `LOG_BUSY`,
 *   `LOG_READONLY`; `ARGUMENT_INVALID` for a path where no file can be.
 */
export function openLog(options: OpenLogOptions): OpenLog {
  const { path, mode = "create" } = options;
  try {
    requireFile(path, mode);
    if (mode === "create") mkdirSync(dirname(path), { recursive: true });
    const database = new Sqlite(path, { readonly: mode === "readonly", timeout: busyTimeoutMs });
    try {
      prepare(database, options);
      const segments = new Segments(path);
      const minPlacedBytes = options.largeBlobs === "beside" ? largeBlobBytes : Infinity;
      const tables = createSqliteTables(database, path, { segments, minPlacedBytes });
      return assemble({ path, tables, segments }, options.clock);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw translateOpenError(error, path);
  }
}

/** A log that lives as long as the program. */
export function createMemoryLog(options: { readonly clock: Clock }): OpenLog {
  const path = ":memory:";
  return assemble(
    { path, tables: createMemoryTables(), segments: new Segments(path) },
    options.clock,
  );
}

function assemble(parts: Pick<OpenLog, "path" | "tables" | "segments">, clock: Clock): OpenLog {
  const log = createTableLog(parts.tables, clock);
  return { ...parts, log, blobs: createBlobTable(parts.tables), close: () => log.close() };
}

function requireFile(path: string, mode: OpenLogOptions["mode"]): void {
  if (!existsSync(path)) {
    if (mode === "create") return;
    throw new DreamlogError(
      "LOG_MISSING",
      `expected a log at ${path}, found no file; name another, or make one with "dreamlog run"`,
      { path },
    );
  }
  if (!statSync(path).isFile()) {
    throw new DreamlogError(
      "LOG_FOREIGN",
      `expected a log file at ${path}, found a folder or a device; name the file, such as ${join(path, "session.sqlite")}`,
      { path },
    );
  }
  const header = readStart(path, sqliteMagic.length);
  // SQLite itself takes some tiny files for empty databases, and would overwrite them.
  if (header.length > 0 && !header.equals(sqliteMagic)) {
    throw new DreamlogError(
      "LOG_FOREIGN",
      `${path}: expected a dreamlog log (an SQLite file), found another kind of file; name another`,
      { path, expected: sqliteMagic.toString("hex"), found: header.toString("hex") },
    );
  }
}

/** @throws {DreamlogError} `LOG_FOREIGN`, `LOG_TOO_NEW`. */
function prepare(database: Database.Database, options: OpenLogOptions): void {
  const { path, mode = "create", durability = "normal" } = options;
  const state = fileStateOf(database, path);
  if (state === "empty" && mode !== "create") {
    throw new DreamlogError(
      "LOG_FOREIGN",
      `${path}: expected a dreamlog log, found an empty file; name another, or make one with "dreamlog run"`,
      { path },
    );
  }
  if (mode === "readonly") {
    if (state === "older") standInForNewTables(database);
    return;
  }
  if (state === "empty") database.pragma(`page_size = ${pageSizeBytes}`);
  database.pragma("journal_mode = WAL");
  database.pragma(`cache_size = -${writerCacheKb}`);
  database.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  if (state !== "current") migrateFile(database, path);
}
