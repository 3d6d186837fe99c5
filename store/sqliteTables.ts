import type Database from "better-sqlite3";
import { countRows } from "./countRows.ts";
import { createForeignWrites } from "./foreignWrites.ts";
import type { LogTables } from "./logTables.ts";
import { Segments } from "./segments.ts";
import { createSqliteBlobs, type BlobPlacement } from "./sqliteBlobs.ts";
import { translateSqliteError } from "./sqliteErrors.ts";
import { createSqliteEvents } from "./sqliteEvents.ts";
import { createSqliteSessions } from "./sqliteSessions.ts";
import { createSqliteTail } from "./sqliteTail.ts";
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
  const tail = createSqliteTail(database);
  const sessions = createSqliteSessions(database);
  const blobs = createSqliteBlobs(database, placement);
  const foreignWrites = createForeignWrites(database);

  const { segments } = placement;
  const transaction = database.transaction(<Result>(work: () => Result) => {
    // What a transaction around this one holds must not go when this one is taken back.
    events.flush();
    const result = work();
    events.flush();
    // Before the commit: a row must never name bytes that a power cut could take away.
    segments.sync();
    return result;
  });

  return {
    transaction(work) {
      // Others may have written since the last one.
      if (!database.inTransaction) events.catchUp();
      try {
        return transaction.immediate(work) as ReturnType<typeof work>;
      } catch (error) {
        events.forget();
        sessions.forget();
        throw translateSqliteError(error, path);
      }
    },
    foreignWrites: guard(foreignWrites.version),
    lastPosition: guard(events.lastPosition),
    // Called for each event, and only within a transaction, which translates what they throw.
    insertEvent: events.insertEvent,
    internProducer: sessions.internProducer,
    noteTail: guard(tail.noteTail),
    tail: guard(tail.tail),
    insertSession: guard(sessions.insertSession),
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
