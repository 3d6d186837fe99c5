import { DreamlogError } from "../../core/errors.ts";

const marker = { start: 0xd8, end: 0xd9, scan: 0xda } as const;

/**
 * Cuts JPEG files apart that follow one another, by their markers.
 *
 * @throws {DreamlogError} `IMAGE_INVALID` for bytes that are not JPEG files from end to end.
 */
export function splitJpegs(bytes: Uint8Array): readonly Uint8Array[] {
  const files: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = endOfJpeg(bytes, start);
    files.push(bytes.subarray(start, end));
    start = end;
  }
  return files;
}

/** What a JPEG says of itself before its samples. */
export interface JpegHeader {
  readonly widthPx: number;
  readonly heightPx: number;
  /** The name that ffmpeg has for its samples, such as `yuvj420p`. */
  readonly pixelFormat: string;
}

/** @throws {DreamlogError} `IMAGE_INVALID` unless it is a colour picture of a usual sampling. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const frame = frameHeader(bytes);
  const sampling = frame === undefined ? undefined : bytes[frame + 11];
  const known: Readonly<Record<number, string>> = { 0x11: "yuvj444p", 0x21: "yuvj422p", 0x22: "yuvj420p" }; // prettier-ignore
  const pixelFormat = sampling === undefined ? undefined : known[sampling];
  if (frame === undefined || pixelFormat === undefined) {
    throw invalid("a colour JPEG with 4:2:0, 4:2:2 or 4:4:4 samples", frame ?? 0);
  }
  return { ...jpegSizeOf(bytes), pixelFormat };
}

/** @throws {DreamlogError} `IMAGE_INVALID` for a file that does not say its size. */
export function jpegSizeOf(bytes: Uint8Array): Pick<JpegHeader, "widthPx" | "heightPx"> {
  const frame = frameHeader(bytes);
  if (frame === undefined) throw invalid("a JPEG that says its size", 0);
  const sideAt = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  return { heightPx: sideAt(frame + 5), widthPx: sideAt(frame + 7) };
}

/** @returns where the first frame header (SOF) begins, its marker included. */
function frameHeader(bytes: Uint8Array): number | undefined {
  for (let at = 2; at + 11 < bytes.length; at += 2 + lengthAt(bytes, at)) {
    const code = bytes[at + 1]!;
    // C4, C8 and CC share the range but are tables.
    if (code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code)) return at;
    if (bytes[at] !== 0xff || code === marker.scan) return undefined;
  }
  return undefined;
}

/** @returns the place after the end marker of the file that begins at `start`. */
function endOfJpeg(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== 0xff || bytes[start + 1] !== marker.start) {
    throw invalid("the start of a JPEG", start);
  }
  let at = start + 2;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) throw invalid("a JPEG marker", at);
    const code = bytes[at + 1]!;
    if (code === marker.end) return at + 2;
    at += 2 + lengthAt(bytes, at);
    if (code === marker.scan) at = endOfScan(bytes, at);
  }
  throw invalid("the end of a JPEG", bytes.length);
}

/** Length of a segment without its marker; it counts itself. */
function lengthAt(bytes: Uint8Array, at: number): number {
  return Math.max(2, ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
}

/** Within a scan, 0xFF is followed by 0 or by a restart marker; anything else ends it. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1];
    const isWithin = code === 0 || code === 0xff || (code !== undefined && code >= 0xd0 && code <= 0xd7); // prettier-ignore
    if (!isWithin) return at;
  }
  return bytes.length;
}

function invalid(expected: string, at: number): DreamlogError {
  return new DreamlogError("IMAGE_INVALID", `expected ${expected} at byte ${at}, found something else`, { at }); // prettier-ignore
}
