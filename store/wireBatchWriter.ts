import type { Digest } from "../src/core/digest.ts";
import type { ProducerNumbers } from "./producerNumbers.ts";
import type { WireBatch, WireEvent, WireHeader, WireRarity } from "./wireEvents.ts";

const initialCapacityBytes = 64 * 1024;

/**
 * Puts events together while they come, so that nothing is left to do for a batch but to send it: the
 * thread waits for it by then.
 */
export class WireBatchWriter {
  readonly #producers: ProducerNumbers;
  readonly #ids: string[] = [];
  readonly #headers: WireHeader[] = [];
  readonly #headerOf: number[] = [];
  readonly #sourceTimesUs: number[] = [];
  readonly #logTimesUs: number[] = [];
  readonly #payloadEnds: number[] = [];
  readonly #digests: Digest[] = [];
  readonly #rarities = new Map<number, WireRarity>();
  #payloads = new Uint8Array(initialCapacityBytes);
  #payloadEnd = 0;

  /** @param producers - of the thread that the batch goes to. */
  constructor(producers: ProducerNumbers) {
    this.#producers = producers;
  }

  /** Copies the payload: its buffer is shared with others, and no part of one can move to a thread. */
  add(event: WireEvent): void {
    const { envelope, bytes, bytesDigest, logTimeUs } = event;
    const rarity = rarityOf(event);
    if (rarity !== undefined) this.#rarities.set(this.#ids.length, rarity);
    this.#ids.push(envelope.id);
    this.#headerOf.push(this.#indexOfHeader(event));
    this.#sourceTimesUs.push(envelope.sourceTimeUs);
    this.#logTimesUs.push(logTimeUs);
    this.#digests.push(bytesDigest);
    this.#makeRoom(bytes.length);
    this.#payloads.set(bytes, this.#payloadEnd);
    this.#payloadEnd += bytes.length;
    this.#payloadEnds.push(this.#payloadEnd);
  }

  /** Called once, after the last event. */
  finish(): WireBatch {
    return {
      ids: this.#ids.join("\n"),
      headers: this.#headers,
      headerOf: new Uint32Array(this.#headerOf),
      sourceTimesUs: new Float64Array(this.#sourceTimesUs),
      logTimesUs: new Float64Array(this.#logTimesUs),
      payloads: this.#payloads.subarray(0, this.#payloadEnd),
      payloadEnds: new Float64Array(this.#payloadEnds),
      digests: this.#digests.join(""),
      rarities: this.#rarities,
    };
  }

  #makeRoom(lengthBytes: number): void {
    const wanted = this.#payloadEnd + lengthBytes;
    if (wanted <= this.#payloads.length) return;
    const larger = new Uint8Array(Math.max(wanted, 2 * this.#payloads.length));
    larger.set(this.#payloads.subarray(0, this.#payloadEnd));
    this.#payloads = larger;
  }

  #indexOfHeader({ envelope, version }: WireEvent): number {
    const { session, type, kind } = envelope;
    const producer = this.#producers.numberOf(envelope.producer);
    const known = this.#headers.findIndex(
      (header) =>
        header[4] === producer &&
        header[1] === type &&
        header[0] === session &&
        header[3] === kind &&
        header[2] === version,
    );
    return known >= 0 ? known : this.#headers.push([session, type, version, kind, producer]) - 1;
  }
}

/** @returns undefined for a plain fact. */
function rarityOf(event: WireEvent): WireRarity | undefined {
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
