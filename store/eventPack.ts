import type { Digest } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { EventId, Position } from "../src/events/envelope.ts";
import type { EventKind } from "../src/events/eventDefinition.ts";
import type { EventRow } from "./logTables.ts";

/** Larger payloads gain nothing from sharing a row. */
const maxPackedPayloadBytes = 4096;
const digestBytes = 32;

/** A row of `event_packs`, in the order of its columns. */
export type PackRow = readonly [
  firstPosition: Position,
  lastPosition: Position,
  session: number,
  firstSeq: number,
  envelopes: string,
  payloads: Buffer,
  digests: Buffer,
];

/** What events of one source share. */
type Header = readonly [type: string, version: number, kind: EventKind, producer: number];

/** What the column `envelopes` says as JSON; lists are by event, in order of position. */
interface PackEnvelopes {
  readonly ids: EventId[];
  /** Each once. */
  readonly headers: Header[];
  /** Index of each event's header. */
  readonly headerOf: number[];
  /** Of the first event; the others' are told by what they differ from it. */
  readonly sourceTimeUs: number;
  readonly sourceOffsetsUs: number[];
  readonly logTimeUs: number;
  readonly logOffsetsUs: number[];
  /** Where each event's bytes end in `payloads`. */
  readonly payloadEnds: number[];
}

/** Plain facts: what has causes or a key is found through indexes of its own, row by row. */
export function isPackable(row: EventRow): boolean {
  return (
    row.causes.length === 0 &&
    row.key === null &&
    row.seed === null &&
    row.payload.length <= maxPackedPayloadBytes
  );
}

/** Whether a row can go into a pack behind others, of which the first and the last are given. */
export function continuesPack(first: EventRow, last: EventRow, row: EventRow): boolean {
  return (
    row.session === last.session &&
    row.position === last.position + 1 &&
    row.seq === last.seq + 1 &&
    // Times may lie so far apart that their difference is not exact.
    Number.isSafeInteger(row.sourceTimeUs - first.sourceTimeUs) &&
    Number.isSafeInteger(row.logTimeUs - first.logTimeUs)
  );
}

/** @param rows - at least one; each continues those before, see `continuesPack`. */
export function encodePack(rows: readonly EventRow[]): PackRow {
  const { position, session, seq, sourceTimeUs, logTimeUs } = rows[0]!;
  const envelopes: PackEnvelopes = {
    ids: [],
    headers: [],
    headerOf: [],
    sourceTimeUs,
    sourceOffsetsUs: [],
    logTimeUs,
    logOffsetsUs: [],
    payloadEnds: [],
  };
  let payloadEnd = 0;
  let digests = "";
  for (const row of rows) {
    envelopes.ids.push(row.id);
    envelopes.headerOf.push(indexOfHeader(envelopes.headers, row));
    envelopes.sourceOffsetsUs.push(row.sourceTimeUs - sourceTimeUs);
    envelopes.logOffsetsUs.push(row.logTimeUs - logTimeUs);
    payloadEnd += row.payload.length;
    envelopes.payloadEnds.push(payloadEnd);
    digests += row.contentDigest + row.chainDigest;
  }
  const payloads = Buffer.allocUnsafe(payloadEnd);
  for (const [index, { payload }] of rows.entries())
    payloads.set(payload, envelopes.payloadEnds[index - 1] ?? 0);
  return [
    position,
    position + rows.length - 1,
    session,
    seq,
    JSON.stringify(envelopes),
    payloads,
    Buffer.from(digests, "hex"),
  ];
}

function indexOfHeader(headers: Header[], row: EventRow): number {
  const { type, version, kind, producer } = row;
  const known = headers.findIndex(
    (header) =>
      header[0] === type && header[1] === version && header[2] === kind && header[3] === producer,
  );
  return known >= 0 ? known : headers.push([type, version, kind, producer]) - 1;
}

/** A pack as it was stored; its events are put together one by one, as they are asked for. */
export interface EventPack {
  readonly firstPosition: Position;
  readonly session: number;
  readonly firstSeq: number;
  readonly count: number;
  readonly ids: readonly EventId[];
  /** @param index - from 0 to `count` − 1. */
  readonly eventAt: (index: number) => EventRow;
}

/** @throws {DreamlogError} `LOG_CORRUPT` naming the positions, for a row that no pack was written as. */
export function decodePack(pack: PackRow): EventPack {
  const [firstPosition, lastPosition, session, firstSeq, , payloads, digests] = pack;
  const count = lastPosition - firstPosition + 1;
  const envelopes = envelopesOf(pack, count);
  const { ids, payloadEnds } = envelopes;
  if (digests.length !== 2 * count * digestBytes)
    throw unreadable(pack, `${digests.length} bytes of digests`);
  if (payloadEnds.at(-1) !== payloads.length)
    throw unreadable(pack, `${payloads.length} bytes of payloads`);
  const eventAt = (index: number): EventRow => {
    const header = envelopes.headers[envelopes.headerOf[index]!];
    if (header === undefined) throw unreadable(pack, `no header ${envelopes.headerOf[index]}`);
    return {
      position: firstPosition + index,
      id: ids[index]!,
      session,
      seq: firstSeq + index,
      type: header[0],
      version: header[1],
      kind: header[2],
      sourceTimeUs: envelopes.sourceTimeUs + envelopes.sourceOffsetsUs[index]!,
      logTimeUs: envelopes.logTimeUs + envelopes.logOffsetsUs[index]!,
      causes: [],
      producer: header[3],
      seed: null,
      key: null,
      payload: payloads.subarray(payloadEnds[index - 1] ?? 0, payloadEnds[index]),
      contentDigest: digestAt(digests, 2 * index),
      chainDigest: digestAt(digests, 2 * index + 1),
    };
  };
  return { firstPosition, session, firstSeq, count, ids, eventAt };
}

/** All events of a pack, in order of position. */
export function eventsOf(pack: EventPack): readonly EventRow[] {
  return pack.ids.map((_id, index) => pack.eventAt(index));
}

function digestAt(digests: Buffer, index: number): Digest {
  return digests.toString("hex", index * digestBytes, (index + 1) * digestBytes) as Digest;
}

/** What is in the lists is covered by the digests of the events, and not looked at here. */
function envelopesOf(pack: PackRow, count: number): PackEnvelopes {
  let envelopes: unknown;
  try {
    envelopes = JSON.parse(pack[4]);
  } catch {
    throw unreadable(pack, "no JSON");
  }
  if (isEnvelopes(envelopes, count)) return envelopes;
  throw unreadable(pack, `not ${count} of everything`);
}

function isEnvelopes(value: unknown, count: number): value is PackEnvelopes {
  if (value === null || typeof value !== "object") return false;
  const { ids, headers, headerOf, sourceOffsetsUs, logOffsetsUs, payloadEnds } =
    value as Partial<PackEnvelopes>;
  return (
    Array.isArray(headers) &&
    isListOf(ids, count) &&
    isListOf(headerOf, count) &&
    isListOf(sourceOffsetsUs, count) &&
    isListOf(logOffsetsUs, count) &&
    isListOf(payloadEnds, count)
  );
}

function isListOf(value: unknown, count: number): boolean {
  return Array.isArray(value) && value.length === count;
}

function unreadable([firstPosition, lastPosition]: PackRow, found: string): DreamlogError {
  return new DreamlogError(
    "LOG_CORRUPT",
    `events ${firstPosition} to ${lastPosition}: expected what was packed into their row, found ${found}; the file was changed or damaged: restore it from a copy`,
    { firstPosition, lastPosition, found },
  );
}
