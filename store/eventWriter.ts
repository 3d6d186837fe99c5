import type { Digest } from "../src/core/digest.ts";
import { DreamlogError, invariant } from "../src/core/errors.ts";
import { contentDigestOf, encodePayload } from "../src/events/codec.ts";
import {
  canonicalJson,
  producerDigest,
  type Position,
  type Producer,
  type StoredEvent,
} from "../src/events/envelope.ts";
import type { BlobRef } from "../src/events/media.ts";
import { sessionClosed } from "../src/events/session.ts";
import { ChainDigester } from "./chainDigester.ts";
import type { EventReader } from "./eventReader.ts";
import type { LogTables } from "./logTables.ts";
import type { EventEnvelope, PreparedEvent } from "./preparedEvent.ts";
import { requireSameEvent } from "./requireSameEvent.ts";
import { SessionEnds, type SessionEnd } from "./sessionEnds.ts";

const noDigests: readonly Digest[] = [];

/** What an append fixes besides the events. */
export interface WriteTerms {
  /** Log time of each event, integer microseconds. */
  readonly logTimeUs: () => number;
  readonly expectedSeq?: number;
}

/** Gets an event that the log holds now, by this append or by an earlier one. */
export type KeepStored = (stored: StoredEvent) => void;

type Placed = Pick<StoredEvent, "position" | "chainDigest">;

/**
 * Applies the rules of the log to new events and inserts them. Remembers the ends of sessions, and
 * forgets them when another connection has written, so a batch asks the tables next to nothing.
 */
export class EventWriter {
  readonly #tables: LogTables;
  readonly #reader: EventReader;
  readonly #chain = new ChainDigester();
  readonly #producerDigests = new WeakMap<Producer, Digest>();
  readonly #ends: SessionEnds;
  #lastPosition: Position = 0;
  #foreignWrites = -1;

  constructor(tables: LogTables, reader: EventReader) {
    this.#tables = tables;
    this.#reader = reader;
    this.#ends = new SessionEnds(tables);
  }

  /**
   * Appends `count` events or none; see `EventLog.append` for what it throws.
   *
   * @param eventAt - called for each in turn; what it throws undoes those before.
   * @param keep - called for each once it is inserted; all of them may still be undone.
   */
  append(
    count: number,
    eventAt: (index: number) => PreparedEvent,
    { logTimeUs, expectedSeq }: WriteTerms,
    keep?: KeepStored,
  ): void {
    try {
      this.#tables.transaction(() => {
        this.#catchUp();
        let last: Placed | undefined;
        for (let index = 0; index < count; index++) {
          const seq = expectedSeq === undefined ? undefined : expectedSeq + index;
          const placed = this.#appendOne(eventAt(index), logTimeUs(), seq, keep);
          if (placed.position === this.#lastPosition) last = placed;
        }
        // Not there when all of them were stored before.
        if (last !== undefined) this.#tables.noteTail(last);
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
    if (foreignWrites === this.#foreignWrites && !this.#ends.isFull) return;
    this.#foreignWrites = foreignWrites;
    this.#ends.forget();
    this.#lastPosition = this.#tables.lastPosition();
  }

  #appendOne(
    event: PreparedEvent,
    logTimeUs: number,
    expectedSeq: number | undefined,
    keep: KeepStored | undefined,
  ): Placed {
    const { envelope, blobs } = event;
    const end = this.#ends.known(envelope.session);
    // The usual event is new and goes where its session stands: the insert itself finds the rare
    // repetition. Wherever a rule could refuse it, a repetition goes first.
    const isUsual =
      end !== undefined &&
      !end.isClosed &&
      (expectedSeq === undefined || end.nextSeq === expectedSeq) &&
      blobs.length === 0;
    if (isUsual) return this.#insertOrRepeat(event, end, logTimeUs, keep);
    const existing = this.#tables.positionOf(envelope.id);
    if (existing !== undefined) return this.#repeat(existing, event, keep);
    requireBlobs(this.#tables, envelope, blobs);
    return this.#insertOrRepeat(event, this.#ends.of(event, expectedSeq), logTimeUs, keep);
  }

  #insertOrRepeat(
    event: PreparedEvent,
    end: SessionEnd,
    logTimeUs: number,
    keep: KeepStored | undefined,
  ): Placed {
    const inserted = this.#insert(event, end, logTimeUs, keep);
    if (inserted !== undefined) return inserted;
    const existing = this.#tables.positionOf(event.envelope.id);
    invariant(existing !== undefined, "an id that is taken is found");
    return this.#repeat(existing, event, keep);
  }

  /** @returns undefined when an event with its id is stored. */
  #insert(
    event: PreparedEvent,
    end: SessionEnd,
    logTimeUs: number,
    keep: KeepStored | undefined,
  ): Placed | undefined {
    const { envelope, version, contentDigest } = event;
    const { id, session, type, kind, sourceTimeUs, seed, key, causes } = envelope;
    const producer = this.#digestOf(envelope.producer);
    const position = this.#lastPosition + 1;
    const seq = end.nextSeq;
    const chainDigest = this.#chain.digestOf({
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
      payload: event.bytesDigest,
      content: contentDigest,
      causes: this.#chainDigestsOf(envelope),
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
      producer: this.#tables.internProducer(producer, () => canonicalJson(envelope.producer)),
      seed,
      key,
      payload: event.bytes,
      contentDigest,
      chainDigest,
    });
    if (!isNew) return undefined;
    this.#lastPosition = position;
    end.nextSeq = seq + 1;
    end.chainDigest = chainDigest;
    end.isClosed = type === sessionClosed.type;
    const placed = { position, seq, logTimeUs, chainDigest };
    keep?.(storedEvent(event, placed));
    return placed;
  }

  #chainDigestsOf(event: EventEnvelope): readonly Digest[] {
    // Most have none, and no list is made for them.
    if (event.causes.length === 0) return noDigests;
    return event.causes.map((cause) => {
      const digest = this.#reader.chainDigestAt(cause);
      if (digest !== undefined) return digest;
      throw causeMissing(event, cause);
    });
  }

  #repeat(
    position: Position,
    { envelope, contentDigest }: PreparedEvent,
    keep: KeepStored | undefined,
  ): Placed {
    const row = this.#tables.eventAt(position);
    invariant(row !== undefined, `an event is stored at ${position}`);
    const stored = this.#reader.toStored(row);
    // An event of an older version is compared as what it means today.
    const storedDigest =
      row.version === stored.version
        ? stored.contentDigest
        : contentDigestOf(stored.payload, encodePayload(stored.payload));
    requireSameEvent({ ...stored, contentDigest: storedDigest }, envelope, contentDigest);
    keep?.(stored);
    return stored;
  }

  #digestOf(producer: Producer): Digest {
    const known = this.#producerDigests.get(producer);
    if (known !== undefined) return known;
    const digest = producerDigest(producer);
    this.#producerDigests.set(producer, digest);
    return digest;
  }
}

/** Every field by name: spreading an event into a larger object took longer than the digests. */
function storedEvent(
  { envelope, version, payload, contentDigest }: PreparedEvent,
  place: Pick<StoredEvent, "position" | "seq" | "logTimeUs" | "chainDigest">,
): StoredEvent {
  return {
    position: place.position,
    id: envelope.id,
    session: envelope.session,
    seq: place.seq,
    type: envelope.type,
    version,
    kind: envelope.kind,
    sourceTimeUs: envelope.sourceTimeUs,
    logTimeUs: place.logTimeUs,
    causes: envelope.causes,
    producer: envelope.producer,
    seed: envelope.seed,
    key: envelope.key,
    payload,
    contentDigest,
    chainDigest: place.chainDigest,
  };
}

function causeMissing({ id }: EventEnvelope, cause: Position): DreamlogError {
  return new DreamlogError(
    "EVENT_CONFLICT",
    `event ${id} names position ${cause} as a cause, where the log holds nothing`,
    { id, cause },
  );
}

function requireBlobs(tables: LogTables, event: EventEnvelope, blobs: readonly BlobRef[]): void {
  for (const { digest } of blobs) {
    if (tables.hasBlob(digest)) continue;
    throw new DreamlogError(
      "BLOB_MISSING",
      `event ${event.id} names blob ${digest}, which the store does not hold; put the blob before the event`,
      { id: event.id, digest },
    );
  }
}
