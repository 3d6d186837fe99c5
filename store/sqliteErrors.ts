import { DreamlogError } from "../src/core/errors.ts";
import { Sqlite } from "../src/sqlite/sqlite.ts";
import { cutOffOf } from "./fileStart.ts";

/**
 * The same while a log is opened, where a statement that cannot be prepared means a changed table, and
 * the path itself may be the fault.
 */
export function translateOpenError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || error instanceof DreamlogError)
    return error;
  const context = { path, cause: error.code };
  if (error.code === "SQLITE_ERROR") {
    return new DreamlogError(
      "LOG_CORRUPT",
      `${path}: expected the tables of a dreamlog log, found others (${error.message}); restore the file from a copy`,
      context,
      error,
    );
  }
  const isPathAtFault = !(error instanceof Sqlite.SqliteError) || error.code === "SQLITE_CANTOPEN";
  if (isPathAtFault) {
    return new DreamlogError(
      "ARGUMENT_INVALID",
      `${path}: expected a place where a log can be opened, found none (${error.message}); name another file, or change the folder's permissions`,
      context,
      error,
    );
  }
  const isUnreadable = /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
  const cutOff = isUnreadable ? cutOffOf(path) : undefined;
  if (cutOff === undefined) return translateSqliteError(error, path);
  return new DreamlogError(
    "LOG_CORRUPT",
    `${path}: expected a file of at least ${cutOff.expectedBytes} bytes, as its beginning says, found ${cutOff.foundBytes}: its end was cut off, as by a copy that was interrupted; copy it again from where it is whole, or restore it from a backup`,
    { path, ...cutOff },
    error,
  );
}

/** What the operating system says of a file that cannot grow. */
const fullDiskCodes = ["ENOSPC", "EDQUOT", "EFBIG"];

function diskFull(path: string, cause: { readonly code: string }): DreamlogError {
  return new DreamlogError(
    "DISK_FULL",
    `${path}: no space left for the log; nothing of this append was stored and everything before it is safe: free space and run the same command again`,
    { path, cause: cause.code },
    cause,
  );
}

/**
 * Turns SQLite's codes, and those of a segment file that cannot grow, into ours, once, at the edge;
 * anything else passes unchanged.
 */
export function translateSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return fullDiskCodes.includes(code) ? diskFull(path, { code }) : error;
  }
  const context = { path, sqlite: error.code };
  if (error.code === "SQLITE_FULL" || error.code.startsWith("SQLITE_IOERR_WRITE")) {
    return diskFull(path, error);
  }
  if (error.code.startsWith("SQLITE_BUSY")) {
    return new DreamlogError(
      "LOG_BUSY",
      `${path}: another process held the log's write lock for too long; end it or try again`,
      context,
      error,
    );
  }
  if (error.code === "SQLITE_READONLY_DIRECTORY") {
    return new DreamlogError(
      "LOG_READONLY",
      `${path}: expected a folder that can be written, where SQLite keeps two side files even for readers of a log, found one that cannot; copy the log to a folder of yours (a copy that "dreamlog log backup" made can be read anywhere)`,
      context,
      error,
    );
  }
  if (error.code.startsWith("SQLITE_READONLY")) {
    return new DreamlogError(
      "LOG_READONLY",
      `${path}: expected a log that can be written, found one that was opened for reading, or whose file or folder may not be written; change the permissions, or copy the log to a folder of yours`,
      context,
      error,
    );
  }
  if (error.code === "SQLITE_NOTADB") {
    return new DreamlogError(
      "LOG_FOREIGN",
      `${path}: expected a dreamlog log (an SQLite file), found another kind of file`,
      context,
      error,
    );
  }
  if (error.code.startsWith("SQLITE_CORRUPT")) {
    return new DreamlogError(
      "LOG_CORRUPT",
      `${path}: the file is damaged (${error.message}); restore it from a copy. Where the file opens, "dreamlog log verify" tells what is damaged and "dreamlog export-session" takes out sessions that are not`,
      context,
      error,
    );
  }
  return error;
}
