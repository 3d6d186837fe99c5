import type Database from "better-sqlite3";
import type { EventId, Position } from "../src/events/envelope.ts";
import { decodePack, encodePack, type EventPack, type PackRow } from "./eventPack.ts";
import type { EventRow, RowQuery } from "./logTables.ts";
import { createPackShelf } from "./packShelf.ts";

const columns = "first_position, last_position, session, first_seq, envelopes, payloads, digests";

/** The table `event_packs`. */
export interface PackTable {
  /** @param rows - what a pack can hold; see `eventPack.ts`. */
  readonly insert: (rows: readonly EventRow[]) => void;
  readonly eventAt: (position: Position) => EventRow | undefined;
  readonly eventBySeq: (session: number, seq: number) => EventRow | undefined;
  readonly firstOf: (session: number) => EventRow | undefined;
  readonly lastOf: (session: number) => EventRow | undefined;
  /** Position of an event of the pack that begins there. */
  readonly positionIn: (firstPosition: Position, id: EventId) => Position | undefined;
  /** In order of position. */
  readonly events: (query: RowQuery) => readonly EventRow[];
  /** Drops what it remembers; for a transaction that rolled back. */
  readonly forget: () => void;
}

/** @param packEvents - of a full pack. */
export function createSqlitePacks(database: Database.Database, packEvents: number): PackTable {
  const packsWhere = <Parameters extends unknown[]>(condition: string) =>
    database
      .prepare<Parameters, PackRow>(`SELECT ${columns} FROM event_packs WHERE ${condition}`)
      .raw();
  const insert = database.prepare(
    `INSERT OR FAIL INTO event_packs (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  // The place is found first and the row, which is large, read only where it holds what is looked for.
  const around = packsWhere<[Position, Position]>(
    `first_position = (SELECT max(first_position) FROM event_packs WHERE first_position <= ?)
     AND last_position >= ?`,
  );
  const aroundSeq = packsWhere<[number, number, number, number]>(
    `session = ?
     AND first_seq = (SELECT max(first_seq) FROM event_packs WHERE session = ? AND first_seq <= ?)
     AND first_seq + last_position - first_position >= ?`,
  );
  const firstOf = packsWhere<[number]>("session = ? ORDER BY first_seq LIMIT 1");
  const lastOf = packsWhere<[number]>("session = ? ORDER BY first_seq DESC LIMIT 1");
  const packAt = packsWhere<[Position]>("first_position = ?");
  const after = packsWhere<[Position, Position]>(
    `first_position >= coalesce(
       (SELECT max(first_position) FROM event_packs WHERE first_position <= ?), 0)
     AND first_position <= ? ORDER BY first_position`,
  );
  const afterInSession = packsWhere<[number, number, Position, Position]>(
    `session = ? AND first_position >= coalesce(
       (SELECT max(first_position) FROM event_packs WHERE session = ? AND first_position <= ?), 0)
     AND first_position <= ? ORDER BY first_position`,
  );
  const shelf = createPackShelf(packEvents);
  const kept = (row: PackRow | undefined): EventPack | undefined => {
    const pack = row === undefined ? undefined : decodePack(row);
    if (pack !== undefined) shelf.keep(pack);
    return pack;
  };

  return {
    insert: (rows) => void insert.run(...encodePack(rows)),
    eventAt(position) {
      const pack = shelf.at(position) ?? kept(around.get(position, position));
      return pack?.eventAt(position - pack.firstPosition);
    },
    eventBySeq(session, seq) {
      const pack = shelf.withSeq(session, seq) ?? kept(aroundSeq.get(session, session, seq, seq));
      return pack?.eventAt(seq - pack.firstSeq);
    },
    firstOf: (session) => kept(firstOf.get(session))?.eventAt(0),
    lastOf(session) {
      const pack = kept(lastOf.get(session));
      return pack?.eventAt(pack.count - 1);
    },
    positionIn(firstPosition, id) {
      const pack = shelf.at(firstPosition) ?? kept(packAt.get(firstPosition));
      const index = pack?.ids.indexOf(id) ?? -1;
      return index < 0 ? undefined : firstPosition + index;
    },
    events({ session, types, afterPosition, uptoPosition, limit }) {
      const packs =
        session === undefined
          ? after.iterate(afterPosition, uptoPosition)
          : afterInSession.iterate(session, session, afterPosition, uptoPosition);
      const found: EventRow[] = [];
      for (const pack of packs) {
        // Not kept: what reads on seldom comes back.
        const { firstPosition, count, eventAt } = shelf.at(pack[0]) ?? decodePack(pack);
        const from = Math.max(0, afterPosition + 1 - firstPosition);
        for (let index = from; index < count; index++) {
          if (firstPosition + index > uptoPosition) return found;
          const row = eventAt(index);
          if (types !== undefined && !types.includes(row.type)) continue;
          if (found.length >= limit) return found;
          found.push(row);
        }
      }
      return found;
    },
    forget: () => shelf.clear(),
  };
}

/** In order of position. */
export function everyPack(database: Database.Database): IterableIterator<PackRow> {
  return database
    .prepare<[], PackRow>(`SELECT ${columns} FROM event_packs ORDER BY first_position`)
    .raw()
    .iterate();
}
