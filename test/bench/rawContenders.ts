import type Database from "better-sqlite3";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { decodePayload } from "../../src/events/codec.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import type { Contender } from "./measure.ts";
import type { Workload } from "./workload.ts";

export type Row = readonly unknown[];

/** The events of a finished log, each as a row of its own, whether the log packed it or not. */
export function rowsOf(path: string): readonly Row[] {
  const database = new Sqlite(path, { readonly: true });
  const rows = database.prepare("SELECT * FROM all_events ORDER BY position").raw().all() as Row[];
  database.close();
  return rows;
}

/** The statements that make the table `events`, with or without its indexes, never its triggers. */
export function statementsOf(path: string, { indexed }: { readonly indexed: boolean }): string[] {
  const database = new Sqlite(path, { readonly: true });
  const statements = database
    .prepare<[], string>(
      `SELECT sql FROM sqlite_schema WHERE tbl_name = 'events' AND sql IS NOT NULL
       AND type IN ('table'${indexed ? ", 'index'" : ""}) ORDER BY type DESC`,
    )
    .pluck()
    .all();
  database.close();
  return statements;
}

/** A database with the log's own settings that holds the table `events` and nothing else. */
function createTable(path: string, statements: readonly string[]): Database.Database {
  const database = new Sqlite(path);
  for (const pragma of ["page_size = 8192", "journal_mode = WAL", "synchronous = NORMAL"])
    database.pragma(pragma);
  for (const statement of statements) database.exec(statement);
  return database;
}

/** @returns what inserts finished rows by a prepared statement, a transaction each call. */
function inserterOf(database: Database.Database, width: number): (rows: readonly Row[]) => void {
  const places = Array.from({ length: width }, () => "?").join(", ");
  const insert = database.prepare(`INSERT INTO events VALUES (${places})`);
  const insertBatch = database.transaction((batch: readonly Row[]) => {
    for (const row of batch) insert.run(...row);
  });
  return (rows) => insertBatch.immediate(rows);
}

/** Writes rows to a new file, as the baseline of reading. */
export function writeRows(path: string, rows: readonly Row[], statements: readonly string[]): void {
  const database = createTable(path, statements);
  inserterOf(database, rows[0]!.length)(rows);
  database.close();
}

/** Inserts finished rows by a prepared statement, with the log's own settings. */
export function rawInserts(
  { batchSize, newPath, remove }: Workload,
  name: string,
  rows: readonly Row[],
  statements: readonly string[],
): Contender {
  return {
    name,
    prepare: () => {
      const path = newPath();
      const database = createTable(path, statements);
      const insert = inserterOf(database, rows[0]!.length);
      return Promise.resolve({
        work: () => {
          for (let at = 0; at < rows.length; at += batchSize) {
            insert(rows.slice(at, at + batchSize));
          }
        },
        clean: () => {
          database.close();
          remove(path);
        },
      });
    },
  };
}

export function rawScan({ events, readPage }: Workload, path: string): Contender {
  return {
    name: "raw scan and msgpackr decode",
    prepare: () => {
      const database = new Sqlite(path, { readonly: true });
      const page = database.prepare<[number, number], { position: number; payload: Buffer }>(
        "SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?",
      );
      return Promise.resolve({
        work: () => {
          for (let after = 0; after < events.length; after += readPage) {
            for (const { payload } of page.all(after, readPage)) decodePayload(payload);
          }
        },
        clean: () => void database.close(),
      });
    },
  };
}

/** Pieces to the end of a plain file, with a wait for the disk after every few. */
export function fileAppends(
  { newPath, remove }: Workload,
  name: string,
  pieces: readonly Uint8Array[],
  piecesPerSync: number,
): Contender {
  return {
    name,
    prepare: () => {
      const path = newPath();
      const file = openSync(path, "a");
      return Promise.resolve({
        work: () => {
          for (const [at, piece] of pieces.entries()) {
            writeSync(file, piece);
            if (at % piecesPerSync === piecesPerSync - 1) fdatasyncSync(file);
          }
        },
        clean: () => {
          closeSync(file);
          remove(path);
        },
      });
    },
  };
}
