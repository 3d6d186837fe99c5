import type Database from "better-sqlite3";
import { Sqlite } from "../../src/sqlite/sqlite.ts";

/**
 * Works on a log's file behind dreamlog's back, with a connection that knows nothing of it.
 *
 * @returns what `work` returns.
 */
export function behindTheLog<Result>(
  path: string,
  work: (database: Database.Database) => Result,
): Result {
  const database = new Sqlite(path);
  // A test's file need not survive a power cut.
  database.pragma("synchronous = OFF");
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** The same as somebody who takes the triggers away first and puts them back after. */
export function tamper(path: string, work: (database: Database.Database) => void): void {
  behindTheLog(path, (database) => {
    const triggers = database
      .prepare<[], { name: string; sql: string }>(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
      )
      .all();
    database.transaction(() => {
      for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
      work(database);
      for (const { sql } of triggers) database.exec(sql);
    })();
  });
}
