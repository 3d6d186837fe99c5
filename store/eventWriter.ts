import type { Digest } from "../src/core/digest.ts";
import { DreamlogError, invariant } from "../src/core/errors.ts";
import { contentDigestOf, encodePayload } from "../src/events/codec.ts";
import {
  canonicalJson,
  producerDigest,
  type NewEvent,
  type Position,
  type Producer,
  type SessionId,
  type StoredEvent,
} from "../src/events/envelope.ts";
import type { BlobRef } from "../src/events/media.ts";
import { sessionClosed } from "../src/events/session.ts";
import { blobsNamedIn } from "./blobsNamedIn.ts";
import { chainDigestOf, genesisDigest } from "./chainDigest.ts";
import { contentOf, type EventContent } from "./eventContent.ts";
import type { EventReader } from "./eventReader.ts";
import type { LogTables, SessionRow } from "./logTables.ts";
import { openSession } from "./openSession.ts";
import { requireSameEvent } from "./requireSameEvent.ts";
import { requireValidEvent } from "./requireValidEvent.ts";

/** Sessions whose end is kept in memory at most. */
const maxKnownEnds = 4096;

/** Where the next event of a session goes. */
interface SessionEnd {
  readonly session: SessionRow;
  nextSeq: number;
  /** Chain digest of the last event, of the fork or of nothing. */
  chainDigest: Digest;
  isClosed: boolean;
}

/** What an append fixes besides the events. */
export interface WriteTerms {
  /** Log time of each event, integer microseconds. */
  readonly logTimeUs: () => number;
  readonly expectedSeq?: number;
}

/**
 * Applies the rules of the log to new events and inserts them. Remembers the ends of sessions, and
 * forgets them when another connection has written, so a batch asks the tables next to nothing.
 */
export class EventWriter {
  readonly #tables: LogTables;
  readonly #reader: EventReader;
  readonly #producerDigests = new WeakMap<Producer, Digest>();
  readonly #ends = new Map<SessionId, SessionEnd>();
  #lastPosition: Position = 0;
  #foreignWrites = -1;

  constructor(tables: LogTables, reader: EventReader) {
    this.#tables = tables;
    this.#reader = reader;
  }

  /** Appends all events or none; see `EventLog.append` for what it throws. */
  append(events: readonly NewEvent[], terms: WriteTerms): readonly StoredEvent[] {
    requireOneSession(events, terms.expectedSeq);
    try {
      return this.#tables.transaction(() => {
        this.#catchUp();
        const stored = events.map((event, at) =>
          this.#appendOne(
            event,
            terms.logTimeUs(),
            terms.expectedSeq === undefined ? undefined : terms.expectedSeq + at,
          ),
        );
        // Not there when all of them were stored before.
        const last = stored.findLast(({ position }) => position === this.#lastPosition);
        if (last !== undefined) this.#tables.noteTail(last);
        return stored;
      });
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Drops what it remembers of the tables; for a transaction around appends that rolled back. */
  forget(): void {
    this.#foreignWrites = -1;
    this.#reader.forget();
  }

  #catchUp(): void {
    const foreignWrites = this.#tables.foreignWrites();
    if (foreignWrites === this.#foreignWrites && this.#ends.size <= maxKnownEnds) return;
    this.#foreignWrites = foreignWrites;
    this.#ends.clear();
    this.#lastPosition = this.#tables.lastPosition();
  }

  #appendOne(event: NewEvent, logTimeUs: number, expectedSeq: number | undefined): StoredEvent {
    requireValidEvent(event);
    const content = contentOf(event);
    const blobs = blobsNamedIn(content.payload);
    const end = this.#ends.get(event.session);
    // The usual event is new and goes where its session stands: the insert itself finds the rare
    // repetition. Wherever a rule could refuse it, a repetition goes first.
    const isUsual =
      end !== undefined &&
      !end.isClosed &&
      (expectedSeq === undefined || end.nextSeq === expectedSeq) &&
      blobs.length === 0;
    if (isUsual) return this.#insertOrRepeat(event, content, end, logTimeUs);
    const existing = this.#tables.positionOf(event.id);
    if (existing !== undefined) return this.#repeat(existing, event, content.contentDigest);
    requireBlobs(this.#tables, event, blobs);
    return this.#insertOrRepeat(event, content, this.#endOf(event, expectedSeq), logTimeUs);
  }

  #insertOrRepeat(
    event: NewEvent,
    content: EventContent,
    end: SessionEnd,
    logTimeUs: number,
  ): StoredEvent {
    const stored = this.#insert(event, content, end, logTimeUs);
    if (stored !== undefined) return stored;
    const existing = this.#tables.positionOf(event.id);
    invariant(existing !== undefined, "an id that is taken is found");
    return this.#repeat(existing, event, content.contentDigest);
  }

  /** @returns undefined when an event with its id is stored. */
  #insert(
    event: NewEvent,
    content: EventContent,
    end: SessionEnd,
    logTimeUs: number,
  ): StoredEvent | undefined {
    const { version, contentDigest } = content;
    const { id, session, type, kind, sourceTimeUs, seed, key, causes } = event;
    const producer = this.#digestOf(event.producer);
    const position = this.#lastPosition + 1;
    const seq = end.nextSeq;
    const chainDigest = chainDigestOf({
      previous: end.chainDigest,
      session,
      seq,
      id,
      type,
      version,
      kind,
      sourceTimeUs,
      logTimeUs,
      producer,
      seed,
      key,
      payload: content.bytesDigest,
      content: contentDigest,
      causes: causes.map((cause) => chainDigestAt(this.#tables, event, cause)),
    });
    const isNew = this.#tables.insertEvent({
      position,
      id,
      session: end.session.number,
      seq,
      type,
      version,
      kind,
      sourceTimeUs,
      logTimeUs,
      causes,
      producer: this.#tables.internProducer(producer, () => canonicalJson(event.producer)),
      seed,
      key,
      payload: content.bytes,
      contentDigest,
      chainDigest,
    });
    if (!isNew) return undefined;
    this.#lastPosition = position;
    end.nextSeq = seq + 1;
    end.chainDigest = chainDigest;
    end.isClosed = type === sessionClosed.type;
    // Every field by name: spreading an event into a larger object took longer than the digests.
    return {
      position,
      id,
      session,
      seq,
      type,
      version,
      kind,
      sourceTimeUs,
      logTimeUs,
      causes,
      producer: event.producer,
      seed,
      key,
      payload: content.payload,
      contentDigest,
      chainDigest,
    };
  }

  #repeat(position: Position, event: NewEvent, contentDigest: Digest): StoredEvent {
    const row = this.#tables.eventAt(position);
    invariant(row !== undefined, `an event is stored at ${position}`);
    const stored = this.#reader.toStored(row);
    // An event of an older version is compared as what it means today.
    const storedDigest =
      row.version === stored.version
        ? stored.contentDigest
        : contentDigestOf(stored.payload, encodePayload(stored.payload));
    requireSameEvent({ ...stored, contentDigest: storedDigest }, event, contentDigest);
    return stored;
  }

  /** @throws {DreamlogError} `SESSION_CLOSED`, `SEQ_CONFLICT`, and what opening a session throws. */
  #endOf(event: NewEvent, expectedSeq: number | undefined): SessionEnd {
    const end = this.#ends.get(event.session) ?? this.#findEnd(event);
    if (end.isClosed) {
      throw new DreamlogError(
        "SESSION_CLOSED",
        `session ${event.session} is closed and takes no further event, found ${event.type} (${event.id}); branch from it instead`,
        { session: event.session, id: event.id },
      );
    }
    if (expectedSeq !== undefined && end.nextSeq !== expectedSeq) {
      throw new DreamlogError(
        "SEQ_CONFLICT",
        `session ${event.session}: expected the next seq to be ${expectedSeq}, found ${end.nextSeq}; another writer was faster: read what it wrote and decide anew`,
        { session: event.session, expected: expectedSeq, found: end.nextSeq },
      );
    }
    return end;
  }

  #findEnd(event: NewEvent): SessionEnd {
    const session = this.#tables.sessionById(event.session) ?? openSession(this.#tables, event);
    const last = this.#tables.lastLinkOf(session.number);
    const end: SessionEnd = {
      session,
      nextSeq: last === undefined ? session.firstSeq : last.seq + 1,
      chainDigest:
        last?.chainDigest ??
        this.#tables.linkAt(session.forkPosition)?.chainDigest ??
        genesisDigest,
      isClosed: last?.type === sessionClosed.type,
    };
    this.#ends.set(event.session, end);
    return end;
  }

  #digestOf(producer: Producer): Digest {
    const known = this.#producerDigests.get(producer);
    if (known !== undefined) return known;
    const digest = producerDigest(producer);
    this.#producerDigests.set(producer, digest);
    return digest;
  }
}

function requireOneSession(events: readonly NewEvent[], expectedSeq: number | undefined): void {
  const other = events.find(({ session }) => session !== events[0]?.session);
  if (expectedSeq === undefined || other === undefined) return;
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected events of one session where a seq is expected, found ${events[0]?.session} and ${other.session}; append them one session at a time`,
    { id: other.id, expectedSeq },
  );
}

function chainDigestAt(tables: LogTables, event: NewEvent, cause: Position): Digest {
  const link = tables.linkAt(cause);
  if (link !== undefined) return link.chainDigest;
  throw new DreamlogError(
    "EVENT_CONFLICT",
    `event ${event.id} names position ${cause} as a cause, where the log holds nothing`,
    { id: event.id, cause },
  );
}

function requireBlobs(tables: LogTables, event: NewEvent, blobs: readonly BlobRef[]): void {
  for (const { digest } of blobs) {
    if (tables.hasBlob(digest)) continue;
    throw new DreamlogError(
      "BLOB_MISSING",
      `event ${event.id} names blob ${digest}, which the store does not hold; put the blob before the event`,
      { id: event.id, digest },
    );
  }
}
