import type Database from "better-sqlite3";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { fileURLToPath } from "node:url";
import { DreamlogError } from "../src/core/errors.ts";

/** "dlog" in ASCII: tells a dreamlog log from any other SQLite file. */
const applicationId = 0x646c_6f67;
/** Where drizzle-kit's tools look for what was applied. */
const migrationsTable = "__drizzle_migrations";

const migrations = readMigrationFiles({
  migrationsFolder: fileURLToPath(new URL("./migrations", import.meta.url)),
});
/** The format of a file is the number of migrations it went through. */
const formatVersion = migrations.length;

/** Tables that files of an older format may lack. */
const columnsOfNewTables = {
  placed_blobs: "digest BLOB PRIMARY KEY, media_type, segment, offset_bytes, length_bytes",
  tail: "position, chain_digest",
  event_packs:
    "first_position INTEGER PRIMARY KEY, last_position, session, first_seq, envelopes, payloads, digests",
  packed_ids: "prefix, first, last, pack",
};

/** What a file says of itself before anything is believed or changed. */
export type FileState = "empty" | "older" | "current";

/**
 * Reads whose file this is.
 *
 * @param path - for error messages.
 * @throws {DreamlogError} `LOG_FOREIGN`, `LOG_TOO_NEW`.
 */
export function fileStateOf(database: Database.Database, path: string): FileState {
  const found = numberPragma(database, "application_id");
  const version = numberPragma(database, "user_version");
  if (found === 0 && tableCount(database) === 0) return "empty";
  if (found !== applicationId) {
    throw new DreamlogError(
      "LOG_FOREIGN",
      `${path}: expected a dreamlog log, found an SQLite file of another program (application id ${found}); name another file`,
      { path, expected: applicationId, found },
    );
  }
  if (version > formatVersion) {
    throw new DreamlogError(
      "LOG_TOO_NEW",
      `${path}: expected log format ${formatVersion} or older, found ${version}; a newer dreamlog wrote it: upgrade`,
      { path, expected: formatVersion, found: version },
    );
  }
  return version === formatVersion ? "current" : "older";
}

/**
 * Makes the tables, or brings older ones up to date, in one transaction: a process that dies in
 * here, or another that opens the file at the same moment, sees the old state or the new one.
 */
export function migrateFile(database: Database.Database, path: string): void {
  database
    .transaction(() => {
      // Another process may have been faster.
      if (fileStateOf(database, path) === "current") return;
      database.exec(
        `CREATE TABLE IF NOT EXISTS ${migrationsTable} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
      );
      const applied = database
        .prepare<[], { at: number }>(
          `SELECT coalesce(max(created_at), 0) AS at FROM ${migrationsTable}`,
        )
        .get()!.at;
      const note = database.prepare(
        `INSERT INTO ${migrationsTable} (hash, created_at) VALUES (?, ?)`,
      );
      for (const migration of migrations) {
        if (migration.folderMillis <= applied) continue;
        for (const statement of migration.sql) database.exec(statement);
        note.run(migration.hash, migration.folderMillis);
      }
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${formatVersion}`);
    })
    .immediate();
}

/**
 * Lets an older file be read that may not be written: tables that it does not have yet are there and
 * empty for this connection alone.
 */
export function standInForNewTables(database: Database.Database): void {
  const isThere = database.prepare<[string], 1>("SELECT 1 FROM sqlite_schema WHERE name = ?");
  for (const [name, columns] of Object.entries(columnsOfNewTables)) {
    if (isThere.get(name) === undefined) database.exec(`CREATE TEMP TABLE ${name} (${columns})`);
  }
}

function numberPragma(database: Database.Database, name: string): number {
  return database.pragma(name, { simple: true }) as number;
}

function tableCount(database: Database.Database): number {
  const row = database
    .prepare<[], { n: number }>("SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'")
    .get();
  return row?.n ?? 0;
}
