import type Database from "better-sqlite3";
import type { EventLink, EventRow, LogTables } from "./logTables.ts";
import {
  digestParameter,
  eventColumns,
  linkColumns,
  toBytes,
  toDigest,
  toEventRow,
  type StoredEventRow,
  type StoredLink,
} from "./sqliteRows.ts";

type EventTable = Pick<
  LogTables,
  | "lastPosition"
  | "insertEvent"
  | "noteTail"
  | "tail"
  | "eventAt"
  | "eventBySeq"
  | "linkAt"
  | "positionOf"
  | "eventByKey"
  | "firstLinkOf"
  | "lastLinkOf"
  | "events"
  | "eventsCausedBy"
>;

/** The tables `events`, `causes` and `tail`. */
export function createSqliteEvents(database: Database.Database): EventTable {
  const eventsWhere = <Parameters extends unknown[]>(condition: string) =>
    database
      .prepare<Parameters, StoredEventRow>(`SELECT ${eventColumns} FROM events WHERE ${condition}`)
      .raw();
  const linksWhere = (condition: string) =>
    database.prepare<[number], StoredLink>(`SELECT ${linkColumns} FROM events WHERE ${condition}`);

  // OR FAIL: the default, ABORT, copies every page a statement touches so that it can take the
  // statement back once there is a trigger; that alone doubled the time of an append.
  const insertEvent = database.prepare(
    `INSERT OR FAIL INTO events (position, id, session, seq, type, version, kind, source_time_us,
      log_time_us, producer, seed, key, payload, content_digest, chain_digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertCause = database.prepare<[number, number, number]>(
    "INSERT OR FAIL INTO causes (event, ordinal, cause) VALUES (?, ?, ?)",
  );
  const keyBytes = digestParameter();
  const contentBytes = digestParameter();
  const chainBytes = digestParameter();
  const eventAt = eventsWhere<[number]>("position = ?");
  const eventBySeq = eventsWhere<[number, number]>("session = ? AND seq = ?");
  const eventByKey = eventsWhere<[Buffer]>("key = ? ORDER BY position LIMIT 1");
  const eventsCausedBy = eventsWhere<[number]>(
    "position IN (SELECT event FROM causes WHERE cause = ?) ORDER BY position",
  );
  const linkAt = linksWhere("position = ?");
  const firstLinkOf = linksWhere("session = ? ORDER BY seq LIMIT 1");
  const lastLinkOf = linksWhere("session = ? ORDER BY seq DESC LIMIT 1");
  const positionOf = database
    .prepare<[string], number>("SELECT position FROM events WHERE id = ?")
    .pluck();
  const lastPosition = database
    .prepare<[], number>("SELECT coalesce(max(position), 0) FROM events")
    .pluck();

  const noteTail = database.prepare<[number, Buffer | null]>(
    "UPDATE tail SET position = ?, chain_digest = ?",
  );
  const tail = database.prepare<[], { position: number; chainDigest: Buffer | null }>(
    "SELECT position, chain_digest AS chainDigest FROM tail",
  );
  const tailBytes = digestParameter();

  const queries = new Map<string, Database.Statement<unknown[], StoredEventRow>>();
  const queryFor = (condition: string) => {
    const known = queries.get(condition);
    if (known !== undefined) return known;
    const statement = eventsWhere<unknown[]>(`${condition} ORDER BY position LIMIT ?`);
    queries.set(condition, statement);
    return statement;
  };

  return {
    lastPosition: () => lastPosition.get() ?? 0,
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
        row.key === null ? null : keyBytes(row.key),
        row.payload,
        contentBytes(row.contentDigest),
        chainBytes(row.chainDigest),
      );
      for (const [ordinal, cause] of row.causes.entries())
        insertCause.run(row.position, ordinal, cause);
    },
    noteTail: ({ position, chainDigest }) =>
      void noteTail.run(position, chainDigest === null ? null : tailBytes(chainDigest)),
    tail() {
      const row = tail.get();
      if (row === undefined) return undefined;
      const { position, chainDigest } = row;
      return { position, chainDigest: chainDigest === null ? null : toDigest(chainDigest) };
    },
    eventAt: (position) => optionalRow(eventAt.get(position)),
    eventBySeq: (session, seq) => optionalRow(eventBySeq.get(session, seq)),
    linkAt: (position) => optionalLink(linkAt.get(position)),
    positionOf: (id) => positionOf.get(id),
    eventByKey: (key) => optionalRow(eventByKey.get(toBytes(key))),
    firstLinkOf: (session) => optionalLink(firstLinkOf.get(session)),
    lastLinkOf: (session) => optionalLink(lastLinkOf.get(session)),
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
      return queryFor(conditions.join(" AND "))
        .all(...values, limit)
        .map(toEventRow);
    },
    eventsCausedBy: (cause) => eventsCausedBy.all(cause).map(toEventRow),
  };
}

function optionalRow(row: StoredEventRow | undefined): EventRow | undefined {
  return row === undefined ? undefined : toEventRow(row);
}

function optionalLink(link: StoredLink | undefined): EventLink | undefined {
  return link === undefined ? undefined : { ...link, chainDigest: toDigest(link.chainDigest) };
}
