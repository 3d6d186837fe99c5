import type Database from "better-sqlite3";
import type { EventRow, LogTables, RowQuery } from "./logTables.ts";
import {
  digestParameter,
  eventColumns,
  linkColumns,
  toBytes,
  toEventRow,
  toLink,
  type StoredEventRow,
  type StoredLink,
} from "./sqliteRows.ts";

export type EventRows = Pick<
  LogTables,
  | "eventAt"
  | "eventBySeq"
  | "linkAt"
  | "positionOf"
  | "eventByKey"
  | "firstLinkOf"
  | "lastLinkOf"
  | "events"
  | "eventsCausedBy"
> & {
  /** @throws when its position, id or seq is taken. */
  insert(row: EventRow): void;
};

/** The tables `events` and `causes`: events that have a row of their own. */
export function createSqliteEventRows(database: Database.Database): EventRows {
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

  const queries = new Map<string, Database.Statement<unknown[], StoredEventRow>>();
  const queryFor = (condition: string) => {
    const known = queries.get(condition);
    if (known !== undefined) return known;
    const statement = eventsWhere<unknown[]>(condition);
    queries.set(condition, statement);
    return statement;
  };

  return {
    insert(row) {
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
    eventAt: (position) => optional(eventAt.get(position), toEventRow),
    eventBySeq: (session, seq) => optional(eventBySeq.get(session, seq), toEventRow),
    linkAt: (position) => optional(linkAt.get(position), toLink),
    positionOf: (id) => positionOf.get(id),
    eventByKey: (key) => optional(eventByKey.get(toBytes(key)), toEventRow),
    firstLinkOf: (session) => optional(firstLinkOf.get(session), toLink),
    lastLinkOf: (session) => optional(lastLinkOf.get(session), toLink),
    events: ({ session, types, afterPosition, uptoPosition, limit }: RowQuery) => {
      const conditions = ["position > ? AND position <= ?"];
      const values: unknown[] = [afterPosition, uptoPosition];
      if (session !== undefined) {
        // Seqs count up as positions do: by their index there is nothing to sort, and a page begins
        // where the one before has ended.
        conditions.push(
          "session = ?",
          "seq > coalesce((SELECT seq FROM events WHERE position = ? AND session = ?), -1)",
        );
        values.push(session, afterPosition, session);
      }
      if (types !== undefined) {
        conditions.push(`type IN (${types.map(() => "?").join(", ")})`);
        values.push(...types);
      }
      const order = session === undefined ? "position" : "seq";
      return queryFor(`${conditions.join(" AND ")} ORDER BY ${order} LIMIT ?`)
        .all(...values, limit)
        .map(toEventRow);
    },
    eventsCausedBy: (cause): readonly EventRow[] => eventsCausedBy.all(cause).map(toEventRow),
  };
}

function optional<From, To>(found: From | undefined, turn: (found: From) => To): To | undefined {
  return found === undefined ? undefined : turn(found);
}
