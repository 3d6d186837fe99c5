import type { Digest } from "../src/core/digest.ts";
import type { Position } from "../src/events/envelope.ts";
import type { EventRow, LogTables, ProducerRow, SessionRow } from "./logTables.ts";

/** Rows in plain arrays: for tests, and as the model the SQLite tables are held against. */
export function createMemoryTables(): LogTables {
  let events: EventRow[] = [];
  let causes = new Map<Position, Position[]>();
  let sessions: SessionRow[] = [];
  let producers: ProducerRow[] = [];
  let blobs = new Map<Digest, { readonly mediaType: string; readonly bytes: Uint8Array }>();

  return {
    transaction(work) {
      const before = {
        events: [...events],
        causes: new Map(causes),
        sessions: [...sessions],
        producers: [...producers],
        blobs: new Map(blobs),
      };
      try {
        return work();
      } catch (error) {
        ({ events, causes, sessions, producers, blobs } = before);
        throw error;
      }
    },
    lastPosition: () => events.length,
    insertEvent: (row) => void events.push(row),
    insertCause: (event, _ordinal, cause) =>
      void causes.set(event, [...(causes.get(event) ?? []), cause]),
    insertSession(row) {
      const stored = { ...row, number: sessions.length + 1 };
      sessions.push(stored);
      return stored;
    },
    internProducer(digest, json) {
      const known = producers.find((producer) => producer.digest === digest);
      if (known !== undefined) return known.number;
      const number = producers.length + 1;
      producers.push({ number, digest, json: json() });
      return number;
    },
    producer: (number) => producers[number - 1],
    sessionById: (id) => sessions.find((session) => session.id === id),
    sessionByNumber: (number) => sessions[number - 1],
    sessions: (prefix) =>
      sessions
        .filter(({ id }) => id.startsWith(prefix))
        .sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))),
    eventAt: (position) => events[position - 1],
    eventById: (id) => events.find((event) => event.id === id),
    eventByKey: (key) => events.find((event) => event.key === key),
    lastEventOf: (session) => events.findLast((event) => event.session === session),
    firstEventOf: (session) => events.find((event) => event.session === session),
    events: ({ session, types, afterPosition, uptoPosition, limit }) =>
      events
        .filter(
          (event) =>
            event.position > afterPosition &&
            event.position <= uptoPosition &&
            (session === undefined || event.session === session) &&
            (types === undefined || types.includes(event.type)),
        )
        .slice(0, Math.max(0, limit)),
    causesOf: (event) => causes.get(event) ?? [],
    eventsCausedBy: (cause) =>
      events.filter(({ position }) => causes.get(position)?.includes(cause) ?? false),
    insertBlob: (digest, mediaType, bytes) =>
      void blobs.set(digest, { mediaType, bytes: Uint8Array.from(bytes) }),
    blob: (digest) => blobs.get(digest)?.bytes,
    hasBlob: (digest) => blobs.has(digest),
    blobDigests: (after, limit) =>
      [...blobs.keys()]
        .sort()
        .filter((digest) => after === null || digest > after)
        .slice(0, limit),
    counts() {
      const types = [...new Set(events.map(({ type }) => type))].sort();
      return {
        sessions: sessions.length,
        events: events.length,
        blobs: blobs.size,
        blobBytes: [...blobs.values()].reduce((sum, { bytes }) => sum + bytes.length, 0),
        byType: types.map((type) => {
          const rows = events.filter((event) => event.type === type);
          const bytes = rows.reduce((sum, { payload }) => sum + payload.length, 0);
          return { type, events: rows.length, bytes };
        }),
      };
    },
    watchOthers: () => () => undefined,
    close: () => undefined,
  };
}
