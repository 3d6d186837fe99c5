import type Database from "better-sqlite3";
import { invariant } from "../src/core/errors.ts";
import type { EventId, Position } from "../src/events/envelope.ts";
import { continuesPack, isPackable } from "./eventPack.ts";
import type { EventRow, LogTables } from "./logTables.ts";
import { createSqliteEventRows, type EventRows } from "./sqliteEventRows.ts";
import { createPackedIds } from "./sqlitePackedIds.ts";
import { createSqlitePacks } from "./sqlitePacks.ts";

/** Measured: half as many or twice as many append slower, and a single event of more takes longer to read. */
export const packEvents = 50;
/** Fewer are rows, which cost no more then and which any program reads as they are. */
const minPackEvents = 8;

type EventTable = Omit<EventRows, "insert"> &
  Pick<LogTables, "lastPosition" | "insertEvent"> & {
    /** Writes what a transaction has inserted and not written; at its end. */
    flush(): void;
    /** Others may have written: drops what is remembered of ids that nobody had. */
    catchUp(): void;
    /** Drops what was not written and what is remembered; for a transaction that rolled back. */
    forget(): void;
  };

/**
 * Events, in rows of their own or, where many plain facts follow one another in a session, in packs:
 * an index entry, a trigger's check and a call into SQLite are then one for all of them. Within a
 * transaction the latest few wait here until it is seen which they will be.
 */
export function createSqliteEvents(database: Database.Database): EventTable {
  const rows = createSqliteEventRows(database);
  const packs = createSqlitePacks(database, packEvents);
  const packedIds = createPackedIds(database);
  const lastPosition = database
    .prepare<[], number>(
      `SELECT max(coalesce((SELECT max(position) FROM events), 0), coalesce(
         (SELECT last_position FROM event_packs ORDER BY first_position DESC LIMIT 1), 0))`,
    )
    .pluck();
  /** Consecutive events of one session that can share a pack; fewer than two packs full. */
  let waiting: EventRow[] = [];

  const write = (some: readonly EventRow[]) => {
    if (some.length < minPackEvents) {
      for (const row of some) {
        rows.insert(row);
        packedIds.noteUnpacked(row.id);
      }
    } else {
      packs.insert(some);
      packedIds.insert(
        some.map(({ id }) => id),
        some[0]!.position,
      );
    }
  };
  const flush = () => {
    const some = waiting;
    waiting = [];
    // Two halves rather than a full pack and a few rows.
    const middle = some.length > packEvents ? Math.ceil(some.length / 2) : some.length;
    write(some.slice(0, middle));
    write(some.slice(middle));
  };
  const positionOf = (id: EventId): Position | undefined => {
    const known = waiting.find((row) => row.id === id)?.position ?? rows.positionOf(id);
    if (known !== undefined) return known;
    const pack = packedIds.packOf(id);
    return pack === undefined ? undefined : packs.positionIn(pack, id);
  };
  const insertEvent = (row: EventRow) => {
    invariant(database.inTransaction, "events are inserted in a transaction");
    if (!packedIds.isSurelyNew(row.id) && positionOf(row.id) !== undefined) return false;
    const first = waiting[0];
    const last = waiting.at(-1);
    if (!isPackable(row)) {
      flush();
      write([row]);
      return true;
    }
    if (first !== undefined && last !== undefined && !continuesPack(first, last, row)) flush();
    waiting.push(row);
    if (waiting.length === 2 * packEvents) write(waiting.splice(0, packEvents));
    return true;
  };
  /** What the tables know, once what waits is in them. */
  const settled = <Parameters extends unknown[], Result>(look: (...args: Parameters) => Result) => {
    return (...args: Parameters): Result => {
      if (waiting.length > 0) flush();
      return look(...args);
    };
  };

  const readTransaction = database.transaction(<Result>(look: () => Result) => look());
  /** The same where two tables are asked and no commit may come between. */
  const atOneMoment = <Parameters extends unknown[], Result>(
    look: (...args: Parameters) => Result,
  ) =>
    settled((...args: Parameters) =>
      database.inTransaction ? look(...args) : (readTransaction(() => look(...args)) as Result),
    );

  return {
    flush,
    catchUp: () => packedIds.forget(),
    forget() {
      waiting = [];
      packs.forget();
      packedIds.forget();
    },
    insertEvent,
    positionOf,
    lastPosition: () => waiting.at(-1)?.position ?? lastPosition.get() ?? 0,
    eventAt: settled(inEither(rows.eventAt, packs.eventAt)),
    eventBySeq: settled(inEither(rows.eventBySeq, packs.eventBySeq)),
    linkAt: settled(inEither(rows.linkAt, packs.eventAt)),
    eventByKey: settled(rows.eventByKey),
    firstLinkOf: atOneMoment((session) => {
      const [row, packed] = [rows.firstLinkOf(session), packs.firstOf(session)];
      return (packed?.seq ?? Infinity) < (row?.seq ?? Infinity) ? packed : row;
    }),
    lastLinkOf: atOneMoment((session) => {
      const [row, packed] = [rows.lastLinkOf(session), packs.lastOf(session)];
      return (packed?.seq ?? -1) > (row?.seq ?? -1) ? packed : row;
    }),
    events: atOneMoment((query) => merged(rows.events(query), packs.events(query), query.limit)),
    eventsCausedBy: settled(rows.eventsCausedBy),
  };
}

/** Looks first where the last one was found: a look that finds nothing costs as much. */
function inEither<Place extends number[], Found>(
  inRows: (...place: Place) => Found | undefined,
  inPacks: (...place: Place) => Found | undefined,
): (...place: Place) => Found | undefined {
  let [first, second] = [inRows, inPacks];
  return (...place) => {
    const found = first(...place);
    if (found !== undefined) return found;
    const other = second(...place);
    if (other !== undefined) [first, second] = [second, first];
    return other;
  };
}

/** The first `limit` of two lists in order of position. */
function merged(
  rows: readonly EventRow[],
  packed: readonly EventRow[],
  limit: number,
): readonly EventRow[] {
  if (packed.length === 0) return rows;
  if (rows.length === 0) return packed;
  return [...rows, ...packed].sort((a, b) => a.position - b.position).slice(0, limit);
}
