import type Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { fileURLToPath } from "node:url";
import type { Digest } from "../src/core/digest.ts";
import { invariant } from "../src/core/errors.ts";
import type { EventKind } from "../src/events/eventDefinition.ts";
import type { EventRow, LogTables, ProducerRow, SessionRow } from "./logTables.ts";
import { translateSqliteError } from "./sqliteErrors.ts";

/** Between two looks for other connections' appends, while somebody follows. */
const watchIntervalMs = 20;

const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));

/** Digests are hex in the program and 32 bytes in the file. */
const toBytes = (digest: Digest) => Buffer.from(digest, "hex");
const toDigest = (bytes: Buffer) => bytes.toString("hex") as Digest;

interface StoredRow extends Omit<
  EventRow,
  "kind" | "key" | "payload" | "contentDigest" | "chainDigest"
> {
  readonly kind: EventKind;
  readonly key: Buffer | null;
  readonly payload: Buffer;
  readonly contentDigest: Buffer;
  readonly chainDigest: Buffer;
}

const eventColumns = `position, id, session, seq, type, version, kind,
  source_time_us AS sourceTimeUs, log_time_us AS logTimeUs, producer, seed, key, payload,
  content_digest AS contentDigest, chain_digest AS chainDigest`;
const sessionColumns = `number, id, parent, fork_position AS forkPosition, first_seq AS firstSeq`;

function toRow(row: StoredRow): EventRow {
  return {
    ...row,
    key: row.key === null ? null : toDigest(row.key),
    contentDigest: toDigest(row.contentDigest),
    chainDigest: toDigest(row.chainDigest),
  };
}

/** Brings the schema up to date by the committed migrations. */
export function migrateTables(database: Database.Database): void {
  migrate(drizzle(database), { migrationsFolder });
}

/**
 * Rows in an SQLite file. Prepared statements only: drizzle's query builder measured 4 to 10 times
 * slower per row. Drizzle keeps the schema and its migrations.
 *
 * @param path - for error messages.
 */
export function createSqliteTables(database: Database.Database, path: string): LogTables {
  const prepare = <Parameters extends unknown[], Row>(sql: string) =>
    database.prepare<Parameters, Row>(sql);
  const insertEvent = prepare<unknown[], never>(
    `INSERT INTO events (position, id, session, seq, type, version, kind, source_time_us,
      log_time_us, producer, seed, key, payload, content_digest, chain_digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertCause = prepare<[number, number, number], never>(
    "INSERT INTO causes (event, ordinal, cause) VALUES (?, ?, ?)",
  );
  const insertSession = prepare<[string, number | null, number, number], never>(
    "INSERT INTO sessions (id, parent, fork_position, first_seq) VALUES (?, ?, ?, ?)",
  );
  const insertProducer = prepare<[Buffer, string], never>(
    "INSERT INTO producers (digest, json) VALUES (?, ?)",
  );
  const insertBlob = prepare<[Buffer, string, Uint8Array], never>(
    "INSERT INTO blobs (digest, media_type, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const eventWhere = <Parameters extends unknown[]>(condition: string) =>
    prepare<Parameters, StoredRow>(`SELECT ${eventColumns} FROM events WHERE ${condition}`);
  const eventAt = eventWhere<[number]>("position = ?");
  const eventById = eventWhere<[string]>("id = ?");
  const eventByKey = eventWhere<[Buffer]>("key = ? ORDER BY position LIMIT 1");
  const lastEventOf = eventWhere<[number]>("session = ? ORDER BY seq DESC LIMIT 1");
  const firstEventOf = eventWhere<[number]>("session = ? ORDER BY seq LIMIT 1");
  const eventsCausedBy = eventWhere<[number]>(
    "position IN (SELECT event FROM causes WHERE cause = ?) ORDER BY position",
  );
  const sessionWhere = <Parameters extends unknown[]>(condition: string) =>
    prepare<Parameters, SessionRow>(`SELECT ${sessionColumns} FROM sessions WHERE ${condition}`);
  const sessionById = sessionWhere<[string]>("id = ?");
  const sessionByNumber = sessionWhere<[number]>("number = ?");
  const sessionsFrom = sessionWhere<[string, string]>("substr(id, 1, length(?)) = ? ORDER BY id");
  const producerByDigest = prepare<[Buffer], { number: number }>(
    "SELECT number FROM producers WHERE digest = ?",
  );
  const producerByNumber = prepare<[number], { number: number; digest: Buffer; json: string }>(
    "SELECT number, digest, json FROM producers WHERE number = ?",
  );
  const causesOf = prepare<[number], { cause: number }>(
    "SELECT cause FROM causes WHERE event = ? ORDER BY ordinal",
  );
  const lastPosition = prepare<[], { position: number }>(
    "SELECT coalesce(max(position), 0) AS position FROM events",
  );
  const blobBytes = prepare<[Buffer], { bytes: Buffer }>(
    "SELECT bytes FROM blobs WHERE digest = ?",
  );
  const blobThere = prepare<[Buffer], { one: number }>(
    "SELECT 1 AS one FROM blobs WHERE digest = ?",
  );
  const blobsAfter = prepare<[Buffer, number], { digest: Buffer }>(
    "SELECT digest FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?",
  );

  const producerNumbers = new Map<Digest, number>();
  const sessionsByNumber = new Map<number, SessionRow>();
  const queries = new Map<string, Database.Statement<unknown[], StoredRow>>();
  const queryFor = (condition: string) => {
    const known = queries.get(condition);
    if (known !== undefined) return known;
    const statement = eventWhere<unknown[]>(`${condition} ORDER BY position LIMIT ?`);
    queries.set(condition, statement);
    return statement;
  };
  const forget = () => {
    // A transaction that rolled back may have filled these with rows that never came to be.
    producerNumbers.clear();
    sessionsByNumber.clear();
  };

  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(error, path);
    }
  };
  const one = (row: StoredRow | undefined) => (row === undefined ? undefined : toRow(row));

  const tables: LogTables = {
    transaction(work) {
      try {
        return database.transaction(work).immediate();
      } catch (error) {
        forget();
        throw translateSqliteError(error, path);
      }
    },
    lastPosition: () => guarded(() => lastPosition.get()?.position ?? 0),
    insertEvent(row) {
      insertEvent.run(
        row.position,
        row.id,
        row.session,
        row.seq,
        row.type,
        row.version,
        row.kind,
        row.sourceTimeUs,
        row.logTimeUs,
        row.producer,
        row.seed,
        row.key === null ? null : toBytes(row.key),
        row.payload,
        toBytes(row.contentDigest),
        toBytes(row.chainDigest),
      );
    },
    insertCause: (event, ordinal, cause) => insertCause.run(event, ordinal, cause),
    insertSession(row) {
      insertSession.run(row.id, row.parent, row.forkPosition, row.firstSeq);
      const stored = sessionById.get(row.id);
      invariant(stored !== undefined, "an inserted session is there");
      return stored;
    },
    internProducer(digest, json) {
      const known = producerNumbers.get(digest);
      if (known !== undefined) return known;
      const bytes = toBytes(digest);
      const stored = producerByDigest.get(bytes)?.number;
      const number = stored ?? Number(insertProducer.run(bytes, json()).lastInsertRowid);
      producerNumbers.set(digest, number);
      return number;
    },
    producer(number) {
      const row = guarded(() => producerByNumber.get(number));
      return row === undefined
        ? undefined
        : ({ ...row, digest: toDigest(row.digest) } satisfies ProducerRow);
    },
    sessionById: (id) => guarded(() => sessionById.get(id)),
    sessionByNumber(number) {
      const known = sessionsByNumber.get(number);
      if (known !== undefined) return known;
      const row = guarded(() => sessionByNumber.get(number));
      if (row !== undefined) sessionsByNumber.set(number, row);
      return row;
    },
    sessions: (prefix) => guarded(() => sessionsFrom.all(prefix, prefix)),
    eventAt: (position) => guarded(() => one(eventAt.get(position))),
    eventById: (id) => guarded(() => one(eventById.get(id))),
    eventByKey: (key) => guarded(() => one(eventByKey.get(toBytes(key)))),
    lastEventOf: (session) => guarded(() => one(lastEventOf.get(session))),
    firstEventOf: (session) => guarded(() => one(firstEventOf.get(session))),
    events({ session, types, afterPosition, uptoPosition, limit }) {
      const conditions = ["position > ? AND position <= ?"];
      const values: unknown[] = [afterPosition, uptoPosition];
      if (session !== undefined) {
        conditions.push("session = ?");
        values.push(session);
      }
      if (types !== undefined) {
        conditions.push(`type IN (${types.map(() => "?").join(", ")})`);
        values.push(...types);
      }
      const statement = queryFor(conditions.join(" AND "));
      return guarded(() => statement.all(...values, limit).map(toRow));
    },
    causesOf: (event) => guarded(() => causesOf.all(event).map(({ cause }) => cause)),
    eventsCausedBy: (cause) => guarded(() => eventsCausedBy.all(cause).map(toRow)),
    insertBlob: (digest, mediaType, bytes) =>
      guarded(() => insertBlob.run(toBytes(digest), mediaType, bytes)),
    blob: (digest) => guarded(() => blobBytes.get(toBytes(digest))?.bytes),
    hasBlob: (digest) => guarded(() => blobThere.get(toBytes(digest)) !== undefined),
    blobDigests: (after, limit) =>
      guarded(() =>
        blobsAfter
          .all(after === null ? Buffer.alloc(0) : toBytes(after), limit)
          .map(({ digest }) => toDigest(digest)),
      ),
    counts: () => guarded(() => countRows(database)),
    watchOthers: (listener) => watchDataVersion(database, listener),
    close: () => database.close(),
  };
  return tables;
}

function countRows(database: Database.Database): ReturnType<LogTables["counts"]> {
  const count = (sql: string) => database.prepare<[], { n: number }>(sql).get()?.n ?? 0;
  return {
    sessions: count("SELECT count(*) AS n FROM sessions"),
    events: count("SELECT count(*) AS n FROM events"),
    blobs: count("SELECT count(*) AS n FROM blobs"),
    blobBytes: count("SELECT coalesce(sum(length(bytes)), 0) AS n FROM blobs"),
    byType: database
      .prepare<[], { type: string; events: number; bytes: number }>(
        `SELECT type, count(*) AS events, sum(length(payload)) AS bytes
         FROM events GROUP BY type ORDER BY type`,
      )
      .all(),
  };
}

function watchDataVersion(database: Database.Database, listener: () => void): () => void {
  const version = () => database.pragma("data_version", { simple: true });
  let seen = version();
  const timer = setInterval(() => {
    const now = version();
    if (now === seen) return;
    seen = now;
    listener();
  }, watchIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
