import { digestBytes, digestFields, type Digest } from "../src/core/digest.ts";
import type { Clock } from "../src/core/clock.ts";
import { DreamlogError, invariant } from "../src/core/errors.ts";
import { contentDigestOf, decodePayload, encodePayload } from "../src/events/codec.ts";
import {
  canonicalJson,
  producerDigest,
  type NewEvent,
  type Position,
  type Producer,
  type SessionId,
  type StoredEvent,
} from "../src/events/envelope.ts";
import { parsePayload } from "../src/events/eventDefinition.ts";
import { eventDefinition } from "../src/events/registry.ts";
import { sessionClosed, sessionStarted } from "../src/events/session.ts";
import type { AppendOptions, EventLog, ReadQuery, SessionInfo } from "../src/ports/eventLog.ts";
import { blobsNamedIn } from "./blobsNamedIn.ts";
import { chainDigestOf, genesisDigest } from "./chainDigest.ts";
import type { EventRow, LogTables, SessionRow } from "./logTables.ts";

const defaultReadLimit = 1000;

/** The rules of the log, over whatever holds its rows. */
export function createTableLog(tables: LogTables, clock: Clock): EventLog {
  const listeners = new Set<() => void>();
  const producerDigests = new WeakMap<Producer, Digest>();
  const producersByNumber = new Map<number, Producer>();

  const digestOfProducer = (producer: Producer): Digest => {
    const known = producerDigests.get(producer);
    if (known !== undefined) return known;
    const digest = producerDigest(producer);
    producerDigests.set(producer, digest);
    return digest;
  };
  const producerByNumber = (number: number): Producer => {
    const known = producersByNumber.get(number);
    if (known !== undefined) return known;
    const row = tables.producer(number);
    invariant(row !== undefined, `producer ${number} is stored`);
    const producer = JSON.parse(row.json) as Producer;
    producersByNumber.set(number, producer);
    return producer;
  };
  const toStored = (row: EventRow): StoredEvent => ({
    position: row.position,
    id: row.id,
    session: sessionByNumber(tables, row.session).id,
    seq: row.seq,
    type: row.type,
    version: eventDefinition(row.type).version,
    kind: row.kind,
    sourceTimeUs: row.sourceTimeUs,
    logTimeUs: row.logTimeUs,
    causes: tables.causesOf(row.position),
    producer: producerByNumber(row.producer),
    seed: row.seed,
    key: row.key,
    payload: parsePayload(eventDefinition(row.type), decodePayload(row.payload), row.version),
    contentDigest: row.contentDigest,
    chainDigest: row.chainDigest,
  });

  const appendOne = (event: NewEvent, logTimeUs: number, expectedSeq: number | undefined) => {
    const definition = eventDefinition(event.type);
    const payload = parsePayload(definition, event.payload, event.version);
    const bytes = encodePayload(payload);
    const bytesDigest = digestBytes(bytes);
    const contentDigest = contentDigestOf(payload, bytes, bytesDigest);
    const existing = tables.eventById(event.id);
    if (existing !== undefined) {
      requireSame(tables, existing, event, contentDigest);
      return toStored(existing);
    }
    requireBlobs(tables, event, payload);
    const session = openSessionOf(tables, event);
    const last = tables.lastEventOf(session.number);
    const seq = last === undefined ? session.firstSeq : last.seq + 1;
    if (expectedSeq !== undefined && seq !== expectedSeq) {
      throw new DreamlogError(
        "SEQ_CONFLICT",
        `session ${event.session}: expected the next seq to be ${expectedSeq}, found ${seq}; another writer was faster: read what it wrote and decide anew`,
        { session: event.session, expected: expectedSeq, found: seq },
      );
    }
    const previous =
      last?.chainDigest ??
      (session.forkPosition > 0 ? tables.eventAt(session.forkPosition)?.chainDigest : undefined) ??
      genesisDigest;
    const causeChains = event.causes.map((cause) => chainDigestAt(tables, event, cause));
    const producer = digestOfProducer(event.producer);
    const row: EventRow = {
      position: tables.lastPosition() + 1,
      id: event.id,
      session: session.number,
      seq,
      type: event.type,
      version: definition.version,
      kind: event.kind,
      sourceTimeUs: event.sourceTimeUs,
      logTimeUs,
      producer: tables.internProducer(producer, () => canonicalJson(event.producer)),
      seed: event.seed,
      key: event.key,
      payload: bytes,
      contentDigest,
      chainDigest: chainDigestOf({
        previous,
        session: event.session,
        seq,
        id: event.id,
        type: event.type,
        version: definition.version,
        kind: event.kind,
        sourceTimeUs: event.sourceTimeUs,
        logTimeUs,
        producer,
        seed: event.seed,
        key: event.key,
        payload: bytesDigest,
        content: contentDigest,
        causes: causeChains,
      }),
    };
    tables.insertEvent(row);
    event.causes.forEach((cause, ordinal) => tables.insertCause(row.position, ordinal, cause));
    const stored: StoredEvent = {
      ...event,
      version: definition.version,
      payload,
      position: row.position,
      seq,
      logTimeUs,
      contentDigest,
      chainDigest: row.chainDigest,
    };
    return stored;
  };

  const append = (events: readonly NewEvent[], options: AppendOptions = {}) => {
    const stored = tables.transaction(() =>
      events.map((event, at) => {
        const logTimeUs = options.logTimeUs ?? clock.nowUs();
        const { expectedSeq } = options;
        return appendOne(
          event,
          logTimeUs,
          expectedSeq === undefined ? undefined : expectedSeq + at,
        );
      }),
    );
    for (const listener of [...listeners]) listener();
    return stored;
  };

  const read = (query: ReadQuery): readonly StoredEvent[] => {
    const limit = query.limit ?? defaultReadLimit;
    const wanted = {
      ...(query.types === undefined ? {} : { types: query.types }),
      afterPosition: query.afterPosition ?? 0,
      uptoPosition: query.uptoPosition ?? Number.MAX_SAFE_INTEGER,
    };
    if (query.session === undefined) return tables.events({ ...wanted, limit }).map(toStored);
    const found: EventRow[] = [];
    for (const part of lineageOf(tables, query.session)) {
      const uptoPosition = Math.min(wanted.uptoPosition, part.uptoPosition);
      const session = part.session.number;
      found.push(
        ...tables.events({ ...wanted, session, uptoPosition, limit: limit - found.length }),
      );
      if (found.length >= limit) break;
    }
    return found.map(toStored);
  };

  const infoOf = (session: SessionRow): SessionInfo => {
    const first = tables.firstEventOf(session.number);
    const last = tables.lastEventOf(session.number);
    invariant(first !== undefined && last !== undefined, `session ${session.id} has an event`);
    return {
      id: session.id,
      parent:
        session.parent === null
          ? null
          : { session: sessionByNumber(tables, session.parent).id, position: session.forkPosition },
      eventCount: last.seq - session.firstSeq + 1,
      firstPosition: first.position,
      lastPosition: last.position,
      head: last.chainDigest,
      isClosed: last.type === sessionClosed.type,
    };
  };

  // The tables are synchronous; the port is not, so a thrown error must become a rejection.
  const answer = <Result>(work: () => Result): Promise<Result> =>
    new Promise((resolve) => resolve(work()));
  const optional = (row: EventRow | undefined) => (row === undefined ? undefined : toStored(row));

  return {
    append: (events, options) => answer(() => append(events, options)),
    read: (query) => answer(() => read(query)),
    get: (position) => answer(() => optional(tables.eventAt(position))),
    findById: (id) => answer(() => optional(tables.eventById(id))),
    findByKey: (key) => answer(() => optional(tables.eventByKey(key))),
    effectsOf: (position) => answer(() => tables.eventsCausedBy(position).map(toStored)),
    session: (id) =>
      answer(() => {
        const session = tables.sessionById(id);
        return session === undefined ? undefined : infoOf(session);
      }),
    sessions: (prefix = "") => answer(() => tables.sessions(prefix).map(infoOf)),
    lastPosition: () => answer(() => tables.lastPosition()),
    head: () =>
      answer(() =>
        digestFields(
          tables
            .sessions("")
            .flatMap((session) => [
              session.id,
              tables.lastEventOf(session.number)?.chainDigest ?? null,
            ]),
        ),
      ),
    stats: () =>
      answer(() => {
        const { sessions, events, blobs, blobBytes, byType } = tables.counts();
        const payloadBytes = byType.reduce((sum, { bytes }) => sum + bytes, 0);
        return { sessions, events, blobs, bytes: payloadBytes + blobBytes, byType };
      }),
    onAppend: (listener) => {
      listeners.add(listener);
      const stopWatching = tables.watchOthers(listener);
      return () => {
        listeners.delete(listener);
        stopWatching();
      };
    },
    close: () => answer(() => tables.close()),
  };
}

function sessionByNumber(tables: LogTables, number: number): SessionRow {
  const session = tables.sessionByNumber(number);
  invariant(session !== undefined, `session number ${number} is stored`);
  return session;
}

/** The session's row; made from the event when it is the session's first. */
function openSessionOf(tables: LogTables, event: NewEvent): SessionRow {
  const session = tables.sessionById(event.session);
  if (session !== undefined) {
    if (tables.lastEventOf(session.number)?.type !== sessionClosed.type) return session;
    throw new DreamlogError(
      "SESSION_CLOSED",
      `session ${event.session} is closed and takes no further event, found ${event.type} (${event.id}); branch from it instead`,
      { session: event.session, id: event.id },
    );
  }
  if (event.type !== sessionStarted.type) {
    throw new DreamlogError(
      "SESSION_UNKNOWN",
      `expected session ${event.session} to begin with ${sessionStarted.type}, found ${event.type}`,
      { session: event.session, type: event.type },
    );
  }
  const { parent } = parsePayload(sessionStarted, event.payload, event.version);
  if (parent === null) {
    return tables.insertSession({ id: event.session, parent: null, forkPosition: 0, firstSeq: 0 });
  }
  const parentRow = tables.sessionById(parent.session);
  const fork = tables.eventAt(parent.position);
  const isShared =
    parentRow !== undefined &&
    fork !== undefined &&
    lineageOf(tables, parent.session).some(
      (part) => part.session.number === fork.session && fork.position <= part.uptoPosition,
    );
  if (!isShared) {
    throw new DreamlogError(
      "EVENT_CONFLICT",
      `session ${event.session} branches from ${parent.session} at position ${parent.position}, which is no event of that session`,
      { session: event.session, parent },
    );
  }
  return tables.insertSession({
    id: event.session,
    parent: parentRow.number,
    forkPosition: fork.position,
    firstSeq: fork.seq + 1,
  });
}

/** The parts a session is made of, from the root's to its own. */
function lineageOf(
  tables: LogTables,
  id: SessionId,
): readonly { readonly session: SessionRow; readonly uptoPosition: Position }[] {
  let session = tables.sessionById(id);
  if (session === undefined) {
    throw new DreamlogError("SESSION_UNKNOWN", `expected a session of this log, found "${id}"`, {
      id,
    });
  }
  const parts = [{ session, uptoPosition: Number.MAX_SAFE_INTEGER }];
  while (session.parent !== null) {
    const uptoPosition: number = session.forkPosition;
    session = sessionByNumber(tables, session.parent);
    parts.unshift({ session, uptoPosition });
  }
  return parts;
}

function chainDigestAt(tables: LogTables, event: NewEvent, cause: Position): Digest {
  const row = tables.eventAt(cause);
  if (row !== undefined) return row.chainDigest;
  throw new DreamlogError(
    "EVENT_CONFLICT",
    `event ${event.id} names position ${cause} as a cause, where the log holds nothing`,
    { id: event.id, cause },
  );
}

function requireBlobs(tables: LogTables, event: NewEvent, payload: unknown): void {
  for (const digest of blobsNamedIn(payload)) {
    if (tables.hasBlob(digest)) continue;
    throw new DreamlogError(
      "BLOB_MISSING",
      `event ${event.id} names blob ${digest}, which the store does not hold; put the blob before the event`,
      { id: event.id, digest },
    );
  }
}

function requireSame(
  tables: LogTables,
  existing: EventRow,
  event: NewEvent,
  contentDigest: Digest,
): void {
  const stored = {
    session: sessionByNumber(tables, existing.session).id,
    type: existing.type,
    contentDigest: existing.contentDigest,
    sourceTimeUs: existing.sourceTimeUs,
    causes: [...tables.causesOf(existing.position)],
  };
  const { session, type, sourceTimeUs } = event;
  const offered = { session, type, contentDigest, sourceTimeUs, causes: [...event.causes] };
  if (canonicalJson(stored) === canonicalJson(offered)) return;
  throw new DreamlogError(
    "EVENT_CONFLICT",
    `event id ${event.id} is stored with other content: stored ${canonicalJson(stored)}, offered ${canonicalJson(offered)}`,
    { id: event.id, stored, offered },
  );
}
