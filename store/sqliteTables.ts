import type Database from "better-sqlite3";
import { createForeignWrites } from "./foreignWrites.ts";
import type { LogTables } from "./logTables.ts";
import { Segments } from "./segments.ts";
import { createSqliteBlobs, type BlobPlacement } from "./sqliteBlobs.ts";
import { translateSqliteError } from "./sqliteErrors.ts";
import { createSqliteEvents } from "./sqliteEvents.ts";
import { createSqliteSessions } from "./sqliteSessions.ts";
import { structuralDamage } from "./structuralDamage.ts";

/**
 * Rows in an SQLite file. Prepared statements only: drizzle's query builder measured 4 to 10 times
 * slower per row. Drizzle keeps the schema and its migrations.
 *
 * @param path - for error messages.
 */
export function createSqliteTables(
  database: Database.Database,
  path: string,
  placement: BlobPlacement = { segments: new Segments(path), minPlacedBytes: Infinity },
): LogTables {
  const guard = <Parameters extends unknown[], Result>(work: (...args: Parameters) => Result) => {
    return (...args: Parameters): Result => {
      try {
        return work(...args);
      } catch (error) {
        throw translateSqliteError(error, path);
      }
    };
  };
  const events = createSqliteEvents(database);
  const sessions = createSqliteSessions(database);
  const blobs = createSqliteBlobs(database, placement);
  const foreignWrites = createForeignWrites(database);

  const { segments } = placement;
  const transaction = <Result>(work: () => Result) =>
    database.transaction(() => {
      const result = work();
      // Before the commit: a row must never name bytes that a power cut could take away.
      segments.sync();
      return result;
    });

  return {
    transaction(work) {
      try {
        return transaction(work).immediate();
      } catch (error) {
        sessions.forget();
        throw translateSqliteError(error, path);
      }
    },
    foreignWrites: guard(foreignWrites.version),
    lastPosition: guard(events.lastPosition),
    insertEvent: guard(events.insertEvent),
    noteTail: guard(events.noteTail),
    tail: guard(events.tail),
    insertSession: guard(sessions.insertSession),
    internProducer: guard(sessions.internProducer),
    producer: guard(sessions.producer),
    sessionById: guard(sessions.sessionById),
    sessionByNumber: guard(sessions.sessionByNumber),
    sessions: guard(sessions.sessions),
    eventAt: guard(events.eventAt),
    eventBySeq: guard(events.eventBySeq),
    linkAt: guard(events.linkAt),
    positionOf: guard(events.positionOf),
    eventByKey: guard(events.eventByKey),
    firstLinkOf: guard(events.firstLinkOf),
    lastLinkOf: guard(events.lastLinkOf),
    events: guard(events.events),
    eventsCausedBy: guard(events.eventsCausedBy),
    insertBlob: guard(blobs.insertBlob),
    insertBlobPlace: guard(blobs.insertBlobPlace),
    blob: guard(blobs.blob),
    hasBlob: guard(blobs.hasBlob),
    blobs: guard(blobs.blobs),
    counts: guard(() => countRows(database)),
    structuralDamage: guard(() => structuralDamage(database)),
    watchOthers: foreignWrites.watch,
    close() {
      foreignWrites.stop();
      segments.close();
      database.close();
    },
  };
}

function countRows(database: Database.Database): ReturnType<LogTables["counts"]> {
  const count = (sql: string) => database.prepare<[], number>(sql).pluck().get() ?? 0;
  return {
    sessions: count("SELECT count(*) FROM sessions"),
    events: count("SELECT count(*) FROM events"),
    blobs: count("SELECT count(*) FROM blobs") + count("SELECT count(*) FROM placed_blobs"),
    blobBytes:
      count("SELECT coalesce(sum(length(bytes)), 0) FROM blobs") +
      count("SELECT coalesce(sum(length_bytes), 0) FROM placed_blobs"),
    byType: database
      .prepare<[], { type: string; events: number; bytes: number }>(
        `SELECT type, count(*) AS events, sum(length(payload)) AS bytes
         FROM events GROUP BY type ORDER BY type`,
      )
      .all(),
  };
}
