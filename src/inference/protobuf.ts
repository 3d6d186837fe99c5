import { DreamlogError } from "../core/errors.ts";

/**
 * The part of the protobuf wire format that ONNX files need: varints, 32-bit floats and
 * length-delimited fields (protobuf.dev, "Encoding").
 */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Field of type int64 or enum; non-negative safe integers, or negative ones as 64-bit varints. */
  integer(field: number, value: number): this {
    this.#push(varint((field << 3) | 0));
    this.#push(varint(value));
    return this;
  }

  float(field: number, value: number): this {
    this.#push(varint((field << 3) | 5));
    this.#push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#push(varint((field << 3) | 2));
    this.#push(varint(value.length));
    this.#push(value);
    return this;
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** One field of a message as it lies in the file. */
export interface ProtobufField {
  readonly field: number;
  /** A length-delimited field's bytes (a view), or a number's. */
  readonly value: Uint8Array | number;
}

/**
 * The fields of one message, in file order. Nested messages are fields of bytes.
 *
 * @throws {DreamlogError} `CHECKPOINT_INVALID` where the bytes end or make no sense.
 */
export function* readProtobuf(bytes: Uint8Array): Generator<ProtobufField> {
  let at = 0;
  const invalid = (what: string) =>
    new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected an ONNX file, found ${what} at byte ${at} of ${bytes.length}; the file is truncated or damaged: restore it`,
      { at, lengthBytes: bytes.length },
    );
  const readVarint = () => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 63; scale *= 128) {
      const byte = bytes[at];
      if (byte === undefined) throw invalid("its end");
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw invalid("a number of more than nine bytes");
  };
  while (at < bytes.length) {
    const tag = readVarint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { field, value: readVarint() };
        break;
      case 2: {
        const length = readVarint();
        if (at + length > bytes.length) throw invalid(`a field of ${length} bytes`);
        yield { field, value: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        if (at + 4 > bytes.length) throw invalid("half a float");
        yield {
          field,
          value: new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0, true),
        };
        at += 4;
        break;
      default:
        throw invalid(`wire type ${tag % 8}`);
    }
  }
}
