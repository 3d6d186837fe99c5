/**
 * The wire format of protocol buffers, as much of it as ONNX needs: a message is the concatenation
 * of its fields, each a key (number × 8 + wire type) and a value.
 */

const varintType = 0;
const lengthType = 2;
const fixed32Type = 5;

const utf8 = new TextEncoder();

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** @param value - integer; a negative one is written as ten bytes of its two's complement. */
function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

export function integerField(number: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(number * 8 + varintType), ...varint(value)]);
}

export function floatField(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return Uint8Array.from([...varint(number * 8 + fixed32Type), ...bytes]);
}

/** A string, raw bytes, or a nested message. */
export function bytesField(number: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? utf8.encode(value) : value;
  const key = Uint8Array.from([...varint(number * 8 + lengthType), ...varint(bytes.length)]);
  return concatenate([key, bytes]);
}

/** One field of a message as read: a number for integers, the bytes for everything else. */
export interface WireField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** @throws {RangeError} when the message ends inside a field or holds an unknown wire type. */
export function* readFields(message: Uint8Array): Generator<WireField> {
  let at = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined || shift > 63n) throw new RangeError(`field cut short at byte ${at}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  const readBytes = (length: number) => {
    if (length < 0 || at + length > message.length) {
      throw new RangeError(`expected ${length} bytes at ${at}, found ${message.length - at}`);
    }
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = readVarint();
    const wireType = key % 8;
    const number = (key - wireType) / 8;
    if (wireType === varintType) yield { number, value: readVarint() };
    else if (wireType === lengthType) yield { number, value: readBytes(readVarint()) };
    else if (wireType === fixed32Type) yield { number, value: readBytes(4) };
    else throw new RangeError(`unknown wire type ${wireType} at byte ${at}`);
  }
}

/** @throws {RangeError} when the field holds a number. */
export function fieldBytes(field: WireField): Uint8Array {
  if (typeof field.value !== "number") return field.value;
  throw new RangeError(`field ${field.number} should hold bytes, found a number`);
}
