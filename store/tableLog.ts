import type { Clock } from "../src/core/clock.ts";
import { digestFields } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { StoredEvent } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";
import { createEventReader } from "./eventReader.ts";
import { EventWriter } from "./eventWriter.ts";
import type { EventRow, LogTables } from "./logTables.ts";
import { prepareEvent } from "./preparedEvent.ts";
import { promiseOf } from "./promiseOf.ts";
import { requireOneSession } from "./sessionEnds.ts";

/** The event log over whatever holds its rows. */
export function createTableLog(tables: LogTables, clock: Clock): EventLog {
  const reader = createEventReader(tables);
  const writer = new EventWriter(tables, reader);
  // By subscription: the same function may listen twice.
  const listeners = new Map<symbol, () => void>();

  const optional = (row: EventRow | undefined) =>
    row === undefined ? undefined : reader.toStored(row);

  return {
    append: (events, { logTimeUs, expectedSeq } = {}) =>
      promiseOf(() => {
        if (events.length === 0) return [];
        if (logTimeUs !== undefined) requireLogTime(logTimeUs);
        requireOneSession(events, expectedSeq);
        const stored: StoredEvent[] = [];
        writer.append(
          events.length,
          (index) => prepareEvent(events[index]!),
          {
            logTimeUs: logTimeUs === undefined ? () => clock.nowUs() : () => logTimeUs,
            ...(expectedSeq === undefined ? {} : { expectedSeq }),
          },
          (event) => void stored.push(event),
        );
        for (const listener of [...listeners.values()]) listener();
        return stored;
      }),
    read: (query) => promiseOf(() => reader.read(query)),
    get: (position) => promiseOf(() => optional(tables.eventAt(position))),
    findById: (id) =>
      promiseOf(() => {
        const position = tables.positionOf(id);
        return position === undefined ? undefined : optional(tables.eventAt(position));
      }),
    getBySeq: (session, seq) => promiseOf(() => reader.bySeq(session, seq)),
    findByKey: (key) => promiseOf(() => optional(tables.eventByKey(key))),
    effectsOf: (position) => promiseOf(() => tables.eventsCausedBy(position).map(reader.toStored)),
    session: (id) =>
      promiseOf(() => {
        const session = tables.sessionById(id);
        return session === undefined ? undefined : reader.infoOf(session);
      }),
    sessions: (prefix = "") => promiseOf(() => tables.sessions(prefix).map(reader.infoOf)),
    lastPosition: () => promiseOf(() => tables.lastPosition()),
    head: () =>
      promiseOf(() =>
        digestFields(
          tables
            .sessions("")
            .flatMap(({ id, number }) => [id, tables.lastLinkOf(number)?.chainDigest ?? null]),
        ),
      ),
    stats: () =>
      promiseOf(() => {
        const counts = tables.counts();
        const blobs = counts.byMediaType.reduce((sum, media) => sum + media.blobs, 0);
        const bytes = [...counts.byType, ...counts.byMediaType].reduce(
          (sum, part) => sum + part.bytes,
          0,
        );
        return { ...counts, blobs, bytes };
      }),
    onAppend(listener) {
      const subscription = Symbol("listener");
      listeners.set(subscription, listener);
      const stopWatching = tables.watchOthers(listener);
      return () => {
        listeners.delete(subscription);
        stopWatching();
      };
    },
    close: () =>
      promiseOf(() => {
        listeners.clear();
        tables.close();
      }),
  };
}

/** @throws {DreamlogError} `EVENT_INVALID`. */
export function requireLogTime(logTimeUs: number): void {
  if (Number.isSafeInteger(logTimeUs)) return;
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected a log time in whole microseconds, found ${logTimeUs}`,
    { logTimeUs },
  );
}
