/** Payloads that take more leave nothing to gain. */
const maxPayloadBytes = 2048;
/** Room that is taken at once. */
const slabBytes = 32 * maxPayloadBytes;
/** A number with its mark; the most that a value without parts takes. */
const maxScalarBytes = 9;
/** Longer texts may be copied faster than letter by letter. */
const maxTextLength = 63;
const asciiLimit = 0x80;

/** msgpackr's extension for typed arrays, and its numbers of their kinds. */
const typedArrayExtension = 0x74;
const float32Kind = 7;
const float64Kind = 8;

/**
 * Writes the msgpack that msgpackr would, for payloads that are small and plain: objects, short lists
 * and texts in ASCII, numbers, and short arrays of floats. Most of a live session are, and an append
 * encodes each; this takes a quarter of the time.
 */
export class PlainEncoder {
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #view = new DataView(this.#slab.buffer);
  /** Where the next byte goes. */
  #at = 0;
  /** Where the payload has to end. */
  #limit = 0;

  /**
   * @returns a view of a larger buffer, which is written on behind it and never over it; undefined for
   *   a payload that is not plain.
   */
  encode(payload: unknown): Uint8Array | undefined {
    if (this.#at + maxPayloadBytes > slabBytes) this.#takeSlab();
    const start = this.#at;
    this.#limit = start + maxPayloadBytes;
    if (this.#write(payload)) return this.#slab.subarray(start, this.#at);
    this.#at = start;
    return undefined;
  }

  #takeSlab(): void {
    this.#slab = Buffer.allocUnsafeSlow(slabBytes);
    this.#view = new DataView(this.#slab.buffer);
    this.#at = 0;
  }

  /** @returns false for a value that is not plain; what was written of it counts for nothing. */
  #write(value: unknown): boolean {
    if (this.#at + maxScalarBytes > this.#limit) return false;
    if (typeof value === "number") return this.#writeNumber(value);
    if (typeof value === "string") return this.#writeText(value);
    if (typeof value === "boolean") return this.#writeByte(value ? 0xc3 : 0xc2);
    if (value === null) return this.#writeByte(0xc0);
    if (typeof value !== "object") return false;
    if (Array.isArray(value)) return this.#writeList(value);
    if (value instanceof Float32Array) return this.#writeFloats(value, float32Kind);
    if (value instanceof Float64Array) return this.#writeFloats(value, float64Kind);
    return Object.getPrototypeOf(value) === Object.prototype && this.#writeObject(value);
  }

  #writeByte(byte: number): true {
    this.#slab[this.#at++] = byte;
    return true;
  }

  #writeObject(value: object): boolean {
    const start = this.#at;
    this.#at += 3;
    let count = 0;
    for (const key in value) {
      // The codec refuses this one.
      if (key === "__proto__") return false;
      if (!this.#writeText(key) || !this.#write(value[key as keyof typeof value])) return false;
      count += 1;
    }
    this.#slab[start] = 0xde;
    this.#view.setUint16(start + 1, count);
    return true;
  }

  #writeList(items: readonly unknown[]): boolean {
    if (items.length > 0xf) return false;
    this.#writeByte(0x90 | items.length);
    return items.every((item) => this.#write(item));
  }

  #writeText(text: string): boolean {
    const { length } = text;
    if (length > maxTextLength || this.#at + 2 + length > this.#limit) return false;
    if (length > 0x1f) this.#writeByte(0xd9);
    this.#writeByte(length > 0x1f ? length : 0xa0 | length);
    const slab = this.#slab;
    const start = this.#at;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= asciiLimit) return false;
      slab[start + index] = code;
    }
    this.#at += length;
    return true;
  }

  #writeNumber(value: number): boolean {
    if (value >>> 0 === value) return this.#writeCount(value);
    // Few are negative and whole; −0 is 0, above.
    if (value >> 0 === value) return false;
    this.#writeByte(0xcb);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
    return true;
  }

  /** @param value - whole, from 0 to 2³² − 1. */
  #writeCount(value: number): true {
    if (value < 0x80) return this.#writeByte(value);
    if (value < 0x100) {
      this.#writeByte(0xcc);
      return this.#writeByte(value);
    }
    if (value < 0x10000) {
      this.#writeByte(0xcd);
      this.#view.setUint16(this.#at, value);
      this.#at += 2;
      return true;
    }
    this.#writeByte(0xce);
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
    return true;
  }

  /** As they lie in memory, so little-endian. */
  #writeFloats(floats: Float32Array | Float64Array, kind: number): boolean {
    const { length, BYTES_PER_ELEMENT: size } = floats;
    const bodyBytes = 1 + length * size;
    if (bodyBytes > 0xff || this.#at + 3 + bodyBytes > this.#limit) return false;
    this.#writeByte(0xc7);
    this.#writeByte(bodyBytes);
    this.#writeByte(typedArrayExtension);
    this.#writeByte(kind);
    const view = this.#view;
    const start = this.#at;
    for (let index = 0; index < length; index++) {
      const value = floats[index]!;
      // Not every bit of what is no number comes through a variable.
      if (Number.isNaN(value)) return false;
      if (kind === float32Kind) view.setFloat32(start + index * size, value, true);
      else view.setFloat64(start + index * size, value, true);
    }
    this.#at += length * size;
    return true;
  }
}
