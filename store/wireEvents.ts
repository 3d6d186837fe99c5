import { decodePayload, encodePayload } from "../src/events/codec.ts";
import { canonicalJson, type NewEvent, type Producer } from "../src/events/envelope.ts";
import { requireValidEvent } from "./requireValidEvent.ts";

/** One event as bytes on its way to the writing thread. */
export interface WireEvent {
  /** A view that nothing writes over; see `encodePayload`. */
  readonly bytes: Uint8Array;
  readonly logTimeUs: number;
}

/** Many of them in one buffer that moves between threads. */
export interface WireBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengthsBytes: readonly number[];
  readonly logTimesUs: readonly number[];
}

/** Fields in this order, a producer by its number: names and settings would double the bytes. */
type Fields = readonly [
  NewEvent["id"],
  NewEvent["session"],
  NewEvent["type"],
  NewEvent["version"],
  NewEvent["kind"],
  NewEvent["sourceTimeUs"],
  NewEvent["causes"],
  number,
  NewEvent["seed"],
  NewEvent["key"],
  unknown,
];

/** Encodes events for one thread, which is told of each producer once. */
export class WireEncoder {
  readonly #numbers = new WeakMap<Producer, number>();
  readonly #numbersByJson = new Map<string, number>();
  #untold: Producer[] = [];

  /** @throws {DreamlogError} `EVENT_INVALID` for an envelope that cannot be stored. */
  encode(event: NewEvent, logTimeUs: number): WireEvent {
    // Here and not only in the thread: bytes cannot say all that an envelope must not hold.
    requireValidEvent(event);
    const fields: Fields = [
      event.id,
      event.session,
      event.type,
      event.version,
      event.kind,
      event.sourceTimeUs,
      event.causes,
      this.#numberOf(event.producer),
      event.seed,
      event.key,
      event.payload,
    ];
    return { bytes: encodePayload(fields), logTimeUs };
  }

  /** Producers that the thread has not been told of, in order of their numbers; told by this call. */
  takeProducers(): readonly Producer[] {
    const untold = this.#untold;
    this.#untold = [];
    return untold;
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

/** Copies events into a buffer of their own, which can be transferred. */
export function joinEvents(events: readonly WireEvent[]): WireBatch {
  const lengthsBytes = events.map(({ bytes }) => bytes.length);
  const joined = new Uint8Array(lengthsBytes.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const { bytes } of events) {
    joined.set(bytes, offset);
    offset += bytes.length;
  }
  return { bytes: joined, lengthsBytes, logTimesUs: events.map(({ logTimeUs }) => logTimeUs) };
}

/** @param producers - all that the thread was told of. */
export function splitEvents(batch: WireBatch, producers: readonly Producer[]): NewEvent[] {
  let offset = 0;
  return batch.lengthsBytes.map((length) => {
    const fields = decodePayload(batch.bytes.subarray(offset, offset + length)) as Fields;
    offset += length;
    const [id, session, type, version, kind, sourceTimeUs, causes, producer, seed, key, payload] =
      fields;
    return {
      id,
      session,
      type,
      version,
      kind,
      sourceTimeUs,
      causes,
      producer: producers[producer]!,
      seed,
      key,
      payload,
    };
  });
}
