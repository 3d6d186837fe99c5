import { DreamlogError } from "../core/errors.ts";
import { concatenate } from "./concatenate.ts";
import { crc32 } from "./crc32.ts";

/*
 * EBML (RFC 8794), the binary tree that Matroska files are made of: as much of it as video needs.
 */

/** Ids are written as they stand in the file, length marker included. */
const crcId = 0xbf;

/** @returns an element with its size; children or payload in `parts`. */
export function element(id: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const lengthBytes = parts.reduce((sum, part) => sum + part.length, 0);
  return concatenate([idBytes(id), sizeBytes(lengthBytes), ...parts]);
}

/** An element whose first child is the CRC-32 of the others, so that damage is found out. */
export function checkedElement(id: number, ...children: readonly Uint8Array[]): Uint8Array {
  const content = concatenate(children);
  const crc = new Uint8Array(4);
  new DataView(crc.buffer).setUint32(0, crc32(content), true);
  return element(id, element(crcId, crc), content);
}

export function unsigned(id: number, value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) {
    bytes.unshift(rest % 256);
  }
  return element(id, Uint8Array.from(bytes));
}

export function text(id: number, value: string): Uint8Array {
  return element(id, new TextEncoder().encode(value));
}

function idBytes(id: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** Sizes as variable-length integers of eight bytes: one form for all. */
function sizeBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x01000000 + Math.floor(size / 0x1_0000_0000));
  view.setUint32(4, size % 0x1_0000_0000);
  return bytes;
}

/** One element of a file that is being read. */
export interface EbmlElement {
  readonly id: number;
  readonly content: Uint8Array;
}

/**
 * Reads the children of an element, in order. An element of unknown size (as streams have it)
 * reaches to the end of its parent.
 *
 * @throws {DreamlogError} `VIDEO_INVALID` when an element does not fit its parent, or a CRC-32 does
 *   not fit the content.
 */
export function* children(content: Uint8Array): Generator<EbmlElement> {
  let at = 0;
  while (at < content.length) {
    const id = variableInteger(content, at, "id");
    const size = variableInteger(content, at + id.lengthBytes, "size");
    const start = at + id.lengthBytes + size.lengthBytes;
    const end = size.isUnknown ? content.length : start + size.value;
    if (end > content.length) {
      throw invalid(
        `${size.value} bytes of element ${id.value.toString(16)}`,
        content.length - start,
      );
    }
    if (id.value === crcId) checkCrc(content.subarray(start, end), content.subarray(end));
    else yield { id: id.value, content: content.subarray(start, end) };
    at = end;
  }
}

/** Big-endian unsigned integer of an element. */
export function unsignedOf(content: Uint8Array): number {
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

function variableInteger(bytes: Uint8Array, at: number, kind: "id" | "size") {
  const first = bytes[at] ?? 0;
  const lengthBytes = Math.clz32(first) - 23;
  if (lengthBytes > 8 || at + lengthBytes > bytes.length) {
    throw invalid(`an element's ${kind} at byte ${at}`, bytes.length - at);
  }
  const marker = 0x80 >> (lengthBytes - 1);
  const lead = kind === "id" ? first : first & (marker - 1);
  let value = lead;
  let isUnknown = kind === "size" && lead === marker - 1;
  for (let offset = 1; offset < lengthBytes; offset++) {
    value = value * 256 + bytes[at + offset]!;
    isUnknown = isUnknown && bytes[at + offset] === 0xff;
  }
  return { value, lengthBytes, isUnknown };
}

function checkCrc(stored: Uint8Array, content: Uint8Array): void {
  const expected =
    stored.length === 4 ? new DataView(stored.buffer, stored.byteOffset).getUint32(0, true) : -1;
  const found = crc32(content);
  if (expected !== found) throw invalid(`content with CRC-32 ${expected}`, found);
}

function invalid(expected: string, found: number): DreamlogError {
  return new DreamlogError(
    "VIDEO_INVALID",
    `Matroska video: expected ${expected}, found ${found}; the file is damaged or no Matroska video`,
    { expected, found },
  );
}
