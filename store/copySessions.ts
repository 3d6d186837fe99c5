import { digestBytes, type Digest } from "../src/core/digest.ts";
import { DreamlogError, invariant } from "../src/core/errors.ts";
import { contentDigestOf, decodePayload } from "../src/events/codec.ts";
import {
  producerDigest,
  type Position,
  type Producer,
  type SessionId,
} from "../src/events/envelope.ts";
import { blobsNamedIn } from "./blobsNamedIn.ts";
import { chainDigestOf, genesisDigest } from "./chainDigest.ts";
import { createEventReader } from "./eventReader.ts";
import type { EventLink, EventRow, LogTables, ProducerRow } from "./logTables.ts";
import { openSession } from "./openSession.ts";
import { sessionClosure } from "./sessionClosure.ts";
import { sessionByNumber } from "./sessionLineage.ts";

/** Of every model that a producer names. */
const weightsMediaType = "application/onnx";

/** What became of a transfer. */
export interface CopiedSessions {
  /** Every session that the target holds now on account of it, in order of id. */
  readonly sessions: readonly SessionId[];
  readonly eventsCopied: number;
  /** Events that the target held before. */
  readonly eventsPresent: number;
  readonly blobsCopied: number;
  /** Of the blobs copied. */
  readonly blobBytes: number;
}

interface Copy {
  readonly source: LogTables;
  readonly target: LogTables;
  /** Where the target keeps what the source keeps at a position. */
  readonly positions: Map<Position, Position>;
  /** The last event of each session so far, by the source's number. */
  readonly ends: Map<number, EventLink>;
  /** Producers by the source's number, once found to be what their digests say. */
  readonly producers: Map<number, ProducerRow>;
  readonly counts: { -readonly [Name in keyof Omit<CopiedSessions, "sessions">]: number };
}

/**
 * Copies sessions, and what they need (see `sessionClosure`), from one log to another: rows as they
 * are, so ids, bytes, digests and chains stay. Every digest is recomputed on the way. What the
 * target has already is left alone, and a session that it holds a part of is gone on with, so the
 * same transfer twice adds nothing. All is copied or nothing.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`; `CHAIN_BROKEN` when an event of the source is not what
 *   its digests say or names a cause that is gone; `BLOB_MISSING`, `BLOB_CORRUPT`; `EVENT_CONFLICT`
 *   when the target holds a session of the same id with other events.
 */
export function copySessions(transfer: {
  readonly source: LogTables;
  readonly target: LogTables;
  readonly sessions: readonly SessionId[];
  readonly onProgress?: (done: number, total: number) => void;
}): CopiedSessions {
  const { source, target, onProgress = () => undefined } = transfer;
  const { sessions, positions } = sessionClosure(source, transfer.sessions);
  return target.transaction(() => {
    const copy: Copy = {
      source,
      target,
      positions: new Map(),
      ends: new Map(),
      producers: new Map(),
      counts: { eventsCopied: 0, eventsPresent: 0, blobsCopied: 0, blobBytes: 0 },
    };
    for (const [at, position] of positions.entries()) {
      const row = source.eventAt(position);
      invariant(row !== undefined, `an event is stored at ${position}`);
      copyEvent(copy, row);
      onProgress(at + 1, positions.length);
    }
    return { sessions, ...copy.counts };
  });
}

function copyEvent(copy: Copy, row: EventRow): void {
  const { source, target, positions, ends, counts } = copy;
  const session = sessionByNumber(source, row.session);
  const previous = ends.get(row.session) ?? source.linkAt(session.forkPosition);
  const { payload, producer } = requireSound(copy, row, session.id, previous);
  ends.set(row.session, row);
  const existing = target.positionOf(row.id);
  if (existing !== undefined) {
    const found = target.linkAt(existing)?.chainDigest;
    if (found !== row.chainDigest) throw conflict(session.id, row, `chain digest ${found}`);
    positions.set(row.position, existing);
    counts.eventsPresent += 1;
    return;
  }
  for (const { digest, mediaType } of blobsNamedIn(payload)) copyBlob(copy, row, digest, mediaType);
  const { model } = JSON.parse(producer.json) as Producer;
  // Whoever recomputes the event needs the weights; not every log keeps those it did not train.
  if (model !== null && source.hasBlob(model)) copyBlob(copy, row, model, weightsMediaType);
  const position = target.lastPosition() + 1;
  const isNew = target.insertEvent({
    ...row,
    position,
    session: targetSession(copy, row, session.id, previous),
    causes: row.causes.map((cause) => positionInTarget(copy, cause)),
    producer: target.internProducer(producer.digest, () => producer.json),
  });
  invariant(isNew, "the target was asked for the id");
  positions.set(row.position, position);
  counts.eventsCopied += 1;
}

/** Recomputes an event's digests from what the source stores. */
function requireSound(
  copy: Copy,
  row: EventRow,
  session: SessionId,
  previous: EventLink | undefined,
): { readonly payload: unknown; readonly producer: ProducerRow } {
  const bytesDigest = digestBytes(row.payload);
  const producer = soundProducer(copy, row);
  if (producer === undefined) throw broken(session, row, `its producer ${row.producer} is not`);
  const chain = chainDigestOf({
    ...row,
    previous: previous?.chainDigest ?? genesisDigest,
    session,
    producer: producer.digest,
    payload: bytesDigest,
    content: row.contentDigest,
    causes: row.causes.map((cause) => {
      const link = cause < row.position ? copy.source.linkAt(cause) : undefined;
      if (link === undefined) throw broken(session, row, `its cause at position ${cause} is not`);
      return link.chainDigest;
    }),
  });
  if (chain !== row.chainDigest) throw broken(session, row, "the event itself is not");
  const payload = decodePayload(row.payload);
  if (contentDigestOf(payload, row.payload, bytesDigest) === row.contentDigest) {
    return { payload, producer };
  }
  throw broken(session, row, "its content is not");
}

function soundProducer({ source, producers }: Copy, row: EventRow): ProducerRow | undefined {
  const known = producers.get(row.producer);
  if (known !== undefined) return known;
  const producer = source.producer(row.producer);
  if (producer === undefined || !isSoundProducer(producer)) return undefined;
  producers.set(row.producer, producer);
  return producer;
}

function isSoundProducer({ json, digest }: ProducerRow): boolean {
  try {
    return producerDigest(JSON.parse(json) as Producer) === digest;
  } catch {
    // Changed so that it is no JSON any more.
    return false;
  }
}

/** Number of the event's session in the target, which must end with the event before this one. */
function targetSession(
  { source, target }: Copy,
  row: EventRow,
  session: SessionId,
  previous: EventLink | undefined,
): number {
  const known = target.sessionById(session);
  if (known === undefined) {
    return openSession(target, createEventReader(source).toStored(row)).number;
  }
  const last = target.lastLinkOf(known.number);
  if (last?.chainDigest === previous?.chainDigest) return known.number;
  throw conflict(session, row, `a session that goes on otherwise after seq ${last?.seq}`);
}

function positionInTarget({ positions }: Copy, cause: Position): Position {
  const position = positions.get(cause);
  invariant(position !== undefined, "a cause is copied before what it caused");
  return position;
}

/** @throws {DreamlogError} `BLOB_MISSING`, `BLOB_CORRUPT`. */
function copyBlob(
  { source, target, counts }: Copy,
  row: EventRow,
  digest: Digest,
  mediaType: string,
): void {
  if (target.hasBlob(digest)) return;
  const bytes = source.blob(digest);
  const found = bytes === undefined ? "none" : `bytes of digest ${digestBytes(bytes)}`;
  if (bytes === undefined || digestBytes(bytes) !== digest) {
    throw new DreamlogError(
      bytes === undefined ? "BLOB_MISSING" : "BLOB_CORRUPT",
      `event ${row.id}: expected blob ${digest}, found ${found}; nothing was copied: take it from a sound copy`,
      { id: row.id, digest },
    );
  }
  target.insertBlob(digest, mediaType, bytes);
  counts.blobsCopied += 1;
  counts.blobBytes += bytes.length;
}

function broken(session: SessionId, { id, seq, position }: EventRow, what: string): DreamlogError {
  return new DreamlogError(
    "CHAIN_BROKEN",
    `session ${session}, seq ${seq} (${id}): expected what its digests say, found that ${what}; the file was changed or damaged and nothing was copied: take it from a sound copy ("dreamlog log verify" tells which is)`,
    { session, seq, id, position },
  );
}

function conflict(session: SessionId, { id, seq }: EventRow, found: string): DreamlogError {
  return new DreamlogError(
    "EVENT_CONFLICT",
    `session ${session}, seq ${seq} (${id}): expected the same session in both logs, found ${found} in the target; nothing was copied: two different sessions of one name cannot be in one log`,
    { session, seq, id },
  );
}
