import type { Digest } from "../src/core/digest.ts";
import { decodePayload } from "../src/events/codec.ts";
import type { NewEvent, Producer } from "../src/events/envelope.ts";
import type { EventKind } from "../src/events/eventDefinition.ts";
import type { BlobRef } from "../src/events/media.ts";
import { prepareEvent, type EventEnvelope, type PreparedEvent } from "./preparedEvent.ts";

/** One event on its way to the writing thread, which has no use for what the bytes say. */
export interface WireEvent extends Omit<PreparedEvent, "payload"> {
  readonly logTimeUs: number;
}

/** What events of one source share; a producer by its number. */
export type WireHeader = readonly [
  session: string,
  type: string,
  version: number,
  kind: EventKind,
  producer: number,
];

/** What few events of a stream have. */
export type WireRarity = Pick<EventEnvelope, "causes" | "seed" | "key"> &
  Pick<PreparedEvent, "contentDigest" | "blobs">;

/**
 * Many of them as they move between threads. Lists are by event, in order; the payloads lie in one
 * buffer, which is transferred, and everything that is text is one text: values cost more than bytes.
 */
export interface WireBatch {
  /** Line feeds between them, which no id holds. */
  readonly ids: string;
  /** Each once. */
  readonly headers: readonly WireHeader[];
  readonly headerOf: Uint32Array;
  readonly sourceTimesUs: Float64Array;
  readonly logTimesUs: Float64Array;
  readonly payloads: Uint8Array<ArrayBuffer>;
  /** Where each event's bytes end in `payloads`. */
  readonly payloadEnds: Float64Array;
  /** Of the payloads' bytes, one after the other. */
  readonly digests: string;
  /** By the index of the event. */
  readonly rarities: ReadonlyMap<number, WireRarity>;
}

const digestLength = 64;
const plain = { causes: [], seed: null, key: null, blobs: [] } as const;

/** Prepares an event for a batch. Nothing of it is looked at later: the caller may write on what it holds. */
export function wireEvent(event: NewEvent, logTimeUs: number): WireEvent {
  const { version, bytes, bytesDigest, contentDigest, blobs } = prepareEvent(event);
  const { id, session, type, kind, sourceTimeUs, producer, seed, key } = event;
  const causes = event.causes.length === 0 ? plain.causes : [...event.causes];
  return {
    envelope: { id, session, type, version, kind, sourceTimeUs, causes, producer, seed, key },
    version,
    bytes,
    bytesDigest,
    contentDigest,
    blobs,
    logTimeUs,
  };
}

/**
 * The events of a batch one by one, so that none is kept for longer than it takes to store it.
 *
 * @param producers - all that the thread was told of.
 */
export function receivedEvents(
  batch: WireBatch,
  producers: readonly Producer[],
): { readonly count: number; readonly at: (index: number) => PreparedEvent } {
  const { headers, headerOf, sourceTimesUs, payloads, payloadEnds, digests, rarities } = batch;
  const ids = batch.ids.split("\n");
  const at = (index: number): PreparedEvent => {
    const [session, type, version, kind, producer] = headers[headerOf[index]!]!;
    const bytesDigest = digests.slice(index * digestLength, (index + 1) * digestLength) as Digest;
    const rarity = rarities.get(index);
    const { causes, seed, key, blobs } = rarity ?? plain;
    const envelope = {
      id: ids[index]!,
      session,
      type,
      version,
      kind,
      sourceTimeUs: sourceTimesUs[index]!,
      causes,
      producer: producers[producer]!,
      seed,
      key,
    };
    const bytes = payloads.subarray(payloadEnds[index - 1] ?? 0, payloadEnds[index]);
    const contentDigest = rarity?.contentDigest ?? bytesDigest;
    return new ReceivedEvent({ envelope, version, bytes, bytesDigest, contentDigest, blobs });
  };
  return { count: headerOf.length, at };
}

class ReceivedEvent implements PreparedEvent {
  readonly envelope: EventEnvelope;
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly bytesDigest: Digest;
  readonly contentDigest: Digest;
  readonly blobs: readonly BlobRef[];

  constructor(event: Omit<PreparedEvent, "payload">) {
    this.envelope = event.envelope;
    this.version = event.version;
    this.bytes = event.bytes;
    this.bytesDigest = event.bytesDigest;
    this.contentDigest = event.contentDigest;
    this.blobs = event.blobs;
  }

  /** Nobody asks for it where events only come in. */
  get payload(): unknown {
    return decodePayload(this.bytes);
  }
}
