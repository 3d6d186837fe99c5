import type { Digest } from "../src/core/digest.ts";
import { invariant } from "../src/core/errors.ts";
import { decodePayload } from "../src/events/codec.ts";
import type { Position, Producer, SessionId, StoredEvent } from "../src/events/envelope.ts";
import { parsePayload } from "../src/events/eventDefinition.ts";
import { eventDefinition } from "../src/events/registry.ts";
import { sessionClosed } from "../src/events/session.ts";
import type { ReadQuery, SessionInfo } from "../src/ports/eventLog.ts";
import type { EventRow, LogTables, SessionRow } from "./logTables.ts";
import { RecentLinks } from "./recentLinks.ts";
import { lineageOf, sessionByNumber } from "./sessionLineage.ts";

const defaultReadLimit = 1000;

/** Turns rows into events. */
export interface EventReader {
  /** Upcasts and parses: what comes out is of the current version. */
  readonly toStored: (row: EventRow) => StoredEvent;
  /** Events of the whole log, or of a session with the prefix it shares, in order of position. */
  read(query: ReadQuery): readonly StoredEvent[];
  /** The event of a session, of its own or of the prefix it shares, at a seq. */
  bySeq(session: SessionId, seq: number): StoredEvent | undefined;
  readonly infoOf: (session: SessionRow) => SessionInfo;
  /** The chain digest of the event at a position; undefined where there is none. */
  chainDigestAt(position: Position): Digest | undefined;
  /** Drops what it remembers of rows; for a transaction that rolled back. */
  forget(): void;
}

export function createEventReader(tables: LogTables): EventReader {
  const producers = new Map<number, Producer>();
  const links = new RecentLinks(tables);

  const producerByNumber = (number: number): Producer => {
    const known = producers.get(number);
    if (known !== undefined) return known;
    const row = tables.producer(number);
    invariant(row !== undefined, `producer ${number} is stored`);
    const producer = JSON.parse(row.json) as Producer;
    producers.set(number, producer);
    return producer;
  };

  const toStored = (row: EventRow): StoredEvent => {
    const definition = eventDefinition(row.type);
    links.note(row.position, row.chainDigest);
    return {
      position: row.position,
      id: row.id,
      session: sessionByNumber(tables, row.session).id,
      seq: row.seq,
      type: row.type,
      version: definition.version,
      kind: row.kind,
      sourceTimeUs: row.sourceTimeUs,
      logTimeUs: row.logTimeUs,
      causes: row.causes,
      producer: producerByNumber(row.producer),
      seed: row.seed,
      key: row.key,
      payload: parsePayload(definition, decodePayload(row.payload), row.version),
      contentDigest: row.contentDigest,
      chainDigest: row.chainDigest,
    };
  };

  return {
    toStored,
    read(query) {
      const limit = query.limit ?? defaultReadLimit;
      const uptoPosition = query.uptoPosition ?? Number.MAX_SAFE_INTEGER;
      const wanted = {
        ...(query.types === undefined ? {} : { types: query.types }),
        afterPosition: query.afterPosition ?? 0,
      };
      if (query.session === undefined) {
        return tables.events({ ...wanted, uptoPosition, limit }).map(toStored);
      }
      const rows: EventRow[] = [];
      for (const part of lineageOf(tables, query.session)) {
        if (rows.length >= limit) break;
        const more = tables.events({
          ...wanted,
          session: part.session.number,
          uptoPosition: Math.min(uptoPosition, part.uptoPosition),
          limit: limit - rows.length,
        });
        rows.push(...more);
      }
      return rows.map(toStored);
    },
    bySeq(id, seq) {
      let session = tables.sessionById(id);
      // What comes before a branch's first own event is its parent's, as far as the fork.
      while (session !== undefined && session.parent !== null && seq < session.firstSeq)
        session = sessionByNumber(tables, session.parent);
      const row = session === undefined ? undefined : tables.eventBySeq(session.number, seq);
      return row === undefined ? undefined : toStored(row);
    },
    infoOf(session) {
      const first = tables.firstLinkOf(session.number);
      const last = tables.lastLinkOf(session.number);
      invariant(first !== undefined && last !== undefined, `session ${session.id} has an event`);
      return {
        id: session.id,
        parent:
          session.parent === null
            ? null
            : {
                session: sessionByNumber(tables, session.parent).id,
                position: session.forkPosition,
              },
        eventCount: last.seq - session.firstSeq + 1,
        firstPosition: first.position,
        lastPosition: last.position,
        head: last.chainDigest,
        isClosed: last.type === sessionClosed.type,
      };
    },
    chainDigestAt: (position) => links.digestAt(position),
    forget() {
      producers.clear();
      links.forget();
    },
  };
}
