import type { Digest } from "../src/core/digest.ts";
import { decodePayload } from "../src/events/codec.ts";
import { canonicalJson, type NewEvent, type Producer } from "../src/events/envelope.ts";
import type { EventKind } from "../src/events/eventDefinition.ts";
import type { BlobRef } from "../src/events/media.ts";
import { prepareEvent, type EventEnvelope, type PreparedEvent } from "./preparedEvent.ts";

/** One event on its way to the writing thread, which has no use for what the bytes say. */
export interface WireEvent extends Omit<PreparedEvent, "payload"> {
  readonly logTimeUs: number;
}

/** What events of one source share; a producer by its number. */
type Header = readonly [
  session: string,
  type: string,
  version: number,
  kind: EventKind,
  producer: number,
];

/** What few events of a stream have. */
type Rarity = Pick<EventEnvelope, "causes" | "seed" | "key"> &
  Pick<PreparedEvent, "contentDigest" | "blobs">;

/**
 * Many of them as they move between threads. Lists are by event, in order; the payloads lie in one
 * buffer, which is transferred, and everything that is text is one text: values cost more than bytes.
 */
export interface WireBatch {
  /** Line feeds between them, which no id holds. */
  readonly ids: string;
  /** Each once. */
  readonly headers: readonly Header[];
  readonly headerOf: Uint32Array;
  readonly sourceTimesUs: Float64Array;
  readonly logTimesUs: Float64Array;
  readonly payloads: Uint8Array<ArrayBuffer>;
  /** Where each event's bytes end in `payloads`. */
  readonly payloadEnds: Float64Array;
  /** Of the payloads' bytes, one after the other. */
  readonly digests: string;
  /** By the index of the event. */
  readonly rarities: ReadonlyMap<number, Rarity>;
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

/** Puts events together for one thread, which is told of each producer once. */
export class WireEncoder {
  readonly #numbers = new WeakMap<Producer, number>();
  readonly #numbersByJson = new Map<string, number>();
  #untold: Producer[] = [];

  join(events: readonly WireEvent[]): WireBatch {
    const headers: Header[] = [];
    const headerOf = new Uint32Array(events.length);
    const sourceTimesUs = new Float64Array(events.length);
    const logTimesUs = new Float64Array(events.length);
    const payloadEnds = new Float64Array(events.length);
    const rarities = new Map<number, Rarity>();
    const ids: string[] = [];
    let digests = "";
    let payloadEnd = 0;
    for (const [at, event] of events.entries()) {
      ids.push(event.envelope.id);
      headerOf[at] = this.#headerOf(headers, event);
      sourceTimesUs[at] = event.envelope.sourceTimeUs;
      logTimesUs[at] = event.logTimeUs;
      payloadEnds[at] = payloadEnd += event.bytes.length;
      digests += event.bytesDigest;
      const rarity = rarityOf(event);
      if (rarity !== undefined) rarities.set(at, rarity);
    }
    const payloads = new Uint8Array(payloadEnd);
    for (const [at, { bytes }] of events.entries()) payloads.set(bytes, payloadEnds[at - 1] ?? 0);
    return {
      ids: ids.join("\n"),
      headers,
      headerOf,
      sourceTimesUs,
      logTimesUs,
      payloads,
      payloadEnds,
      digests,
      rarities,
    };
  }

  /** Producers that the thread has not been told of, in order of their numbers; told by this call. */
  takeProducers(): readonly Producer[] {
    const untold = this.#untold;
    this.#untold = [];
    return untold;
  }

  #headerOf(headers: Header[], { envelope, version }: WireEvent): number {
    const { session, type, kind } = envelope;
    const producer = this.#numberOf(envelope.producer);
    const known = headers.findIndex(
      (header) =>
        header[4] === producer &&
        header[1] === type &&
        header[0] === session &&
        header[3] === kind &&
        header[2] === version,
    );
    return known >= 0 ? known : headers.push([session, type, version, kind, producer]) - 1;
  }

  #numberOf(producer: Producer): number {
    const known = this.#numbers.get(producer);
    if (known !== undefined) return known;
    const json = canonicalJson(producer);
    const number = this.#numbersByJson.get(json) ?? this.#numbersByJson.size;
    if (number === this.#numbersByJson.size) {
      this.#numbersByJson.set(json, number);
      this.#untold.push(JSON.parse(json) as Producer);
    }
    this.#numbers.set(producer, number);
    return number;
  }
}

/** @returns undefined for a plain fact. */
function rarityOf(event: WireEvent): Rarity | undefined {
  const { contentDigest, blobs } = event;
  const { causes, seed, key } = event.envelope;
  const isPlain =
    causes.length === 0 &&
    seed === null &&
    key === null &&
    blobs.length === 0 &&
    contentDigest === event.bytesDigest;
  return isPlain ? undefined : { causes, seed, key, contentDigest, blobs };
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
