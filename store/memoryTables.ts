import type { Digest } from "../src/core/digest.ts";
import { invariant } from "../src/core/errors.ts";
import type { EventId, Position, SessionId } from "../src/events/envelope.ts";
import type { EventRow, LogTables, ProducerRow, SessionRow } from "./logTables.ts";

/** Rows in plain arrays: for tests, and as the model the SQLite tables are held against. */
export function createMemoryTables(): LogTables {
  const rows = new MemoryRows();
  const blobs = new Map<Digest, { readonly mediaType: string; readonly bytes: Uint8Array }>();

  return {
    transaction(work) {
      const undo = rows.mark();
      try {
        return work();
      } catch (error) {
        undo();
        throw error;
      }
    },
    foreignWrites: () => 0,
    lastPosition: () => rows.events.length,
    insertEvent: (row) => rows.insertEvent(row),
    // Nobody can cut off what ends with the program.
    noteTail: () => undefined,
    tail: () => ({
      position: rows.events.length,
      chainDigest: rows.events.at(-1)?.chainDigest ?? null,
    }),
    insertSession(row) {
      const stored = { ...row, number: rows.sessions.length + 1 };
      rows.sessions.push(stored);
      rows.sessionsById.set(stored.id, stored);
      return stored;
    },
    internProducer(digest, json) {
      const known = rows.producers.find((producer) => producer.digest === digest);
      if (known !== undefined) return known.number;
      const number = rows.producers.length + 1;
      rows.producers.push({ number, digest, json: json() });
      return number;
    },
    producer: (number) => rows.producers[number - 1],
    sessionById: (id) => rows.sessionsById.get(id),
    sessionByNumber: (number) => rows.sessions[number - 1],
    sessions: (prefix) =>
      rows.sessions
        .filter(({ id }) => id.startsWith(prefix))
        .sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))),
    eventAt: (position) => rows.events[position - 1],
    eventBySeq: (session, seq) =>
      rows.events.find((event) => event.session === session && event.seq === seq),
    linkAt: (position) => rows.events[position - 1],
    positionOf: (id) => rows.positions.get(id),
    eventByKey: (key) => rows.firstByKey.get(key),
    firstLinkOf: (session) => rows.firstOf.get(session),
    lastLinkOf: (session) => rows.lastOf.get(session),
    events: ({ session, types, afterPosition, uptoPosition, limit }) =>
      rows.events
        .slice(afterPosition, uptoPosition)
        .filter(
          (event) =>
            (session === undefined || event.session === session) &&
            (types === undefined || types.includes(event.type)),
        )
        .slice(0, Math.max(0, limit)),
    eventsCausedBy: (cause) => rows.events.filter(({ causes }) => causes.includes(cause)),
    insertBlob: (digest, mediaType, bytes) =>
      void blobs.set(digest, { mediaType, bytes: Uint8Array.from(bytes) }),
    insertBlobPlace: () => invariant(false, "a log in memory has no segment files"),
    blob: (digest) => blobs.get(digest)?.bytes.slice(),
    hasBlob: (digest) => blobs.has(digest),
    blobs: (after, limit) =>
      [...blobs]
        .map(([digest, { mediaType, bytes }]) => ({ digest, mediaType, lengthBytes: bytes.length }))
        .filter(({ digest }) => after === null || digest > after)
        .sort((a, b) => (a.digest < b.digest ? -1 : 1))
        .slice(0, limit),
    counts: () => ({
      sessions: rows.sessions.length,
      events: rows.events.length,
      byType: countByType(rows.events),
      byMediaType: countByMediaType([...blobs.values()]),
    }),
    structuralDamage: () => [],
    watchOthers: () => () => undefined,
    close: () => undefined,
  };
}

/** The rows that transactions insert, and the ways to find them. */
class MemoryRows {
  readonly events: EventRow[] = [];
  readonly sessions: SessionRow[] = [];
  readonly producers: ProducerRow[] = [];
  readonly positions = new Map<EventId, Position>();
  readonly firstByKey = new Map<Digest, EventRow>();
  readonly firstOf = new Map<number, EventRow>();
  readonly lastOf = new Map<number, EventRow>();
  readonly sessionsById = new Map<SessionId, SessionRow>();

  insertEvent(row: EventRow): boolean {
    invariant(row.position === this.events.length + 1, "positions count up");
    if (this.positions.has(row.id)) return false;
    this.events.push({ ...row, causes: [...row.causes] });
    this.#index(row);
    return true;
  }

  /** @returns what takes back every insert from here on. */
  mark(): () => void {
    const eventCount = this.events.length;
    const sessionCount = this.sessions.length;
    const producerCount = this.producers.length;
    return () => {
      this.events.length = eventCount;
      this.sessions.length = sessionCount;
      this.producers.length = producerCount;
      for (const lookup of [this.positions, this.firstByKey, this.firstOf, this.lastOf])
        lookup.clear();
      this.sessionsById.clear();
      for (const row of this.events) this.#index(row);
      for (const session of this.sessions) this.sessionsById.set(session.id, session);
    };
  }

  #index(row: EventRow): void {
    this.positions.set(row.id, row.position);
    if (row.key !== null && !this.firstByKey.has(row.key)) this.firstByKey.set(row.key, row);
    if (!this.firstOf.has(row.session)) this.firstOf.set(row.session, row);
    this.lastOf.set(row.session, row);
  }
}

function countByType(events: readonly EventRow[]): ReturnType<LogTables["counts"]>["byType"] {
  const counts = new Map<string, { type: string; events: number; bytes: number }>();
  for (const { type, payload } of events) {
    const count = counts.get(type) ?? { type, events: 0, bytes: 0 };
    counts.set(type, count);
    count.events += 1;
    count.bytes += payload.length;
  }
  return [...counts.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function countByMediaType(
  blobs: readonly { readonly mediaType: string; readonly bytes: Uint8Array }[],
): ReturnType<LogTables["counts"]>["byMediaType"] {
  const counts = new Map<string, { mediaType: string; blobs: number; bytes: number }>();
  for (const { mediaType, bytes } of blobs) {
    const count = counts.get(mediaType) ?? { mediaType, blobs: 0, bytes: 0 };
    counts.set(mediaType, count);
    count.blobs += 1;
    count.bytes += bytes.length;
  }
  return [...counts.values()].sort((a, b) => (a.mediaType < b.mediaType ? -1 : 1));
}
