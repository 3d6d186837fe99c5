import { DreamlogError } from "../core/errors.ts";
import { createRgbImage, type RgbImage } from "../core/image.ts";

/*
 * The "Quite OK Image Format" (qoiformat.org, specification 1.0, 2022.01.05), RGB only: lossless,
 * integer arithmetic and one encoding per picture, so that a derived picture has the same bytes on
 * every machine.
 */

const headerBytes = 14;
const endMarker = [0, 0, 0, 0, 0, 0, 0, 1] as const;
const opIndex = 0x00;
const opDiff = 0x40;
const opLuma = 0x80;
const opRun = 0xc0;
const opRgb = 0xfe;
const opRgba = 0xff;
const longestRun = 62;

/** Slot of a colour in the table of colours seen; alpha is always 255 here. */
function slotOf(red: number, green: number, blue: number): number {
  return (red * 3 + green * 5 + blue * 7 + 255 * 11) % 64;
}

/** @returns the picture as a QOI file. */
export function encodeQoi(image: RgbImage): Uint8Array {
  const { widthPx, heightPx, pixels } = image;
  const bytes = new Uint8Array(headerBytes + widthPx * heightPx * 4 + endMarker.length);
  const header = new DataView(bytes.buffer);
  bytes.set([0x71, 0x6f, 0x69, 0x66]);
  header.setUint32(4, widthPx);
  header.setUint32(8, heightPx);
  bytes[12] = 3;
  const end = encodePixels(pixels, bytes, headerBytes);
  bytes.set(endMarker, end);
  return bytes.slice(0, end + endMarker.length);
}

/** Writes the chunks of all pixels from `start` on. @returns where they end. */
function encodePixels(pixels: Uint8Array, bytes: Uint8Array, start: number): number {
  const seen = createSeenColors();
  let at = start;
  let run = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let from = 0; from < pixels.length; from += 3) {
    const r = pixels[from]!;
    const g = pixels[from + 1]!;
    const b = pixels[from + 2]!;
    if (r === red && g === green && b === blue) {
      run++;
      if (run === longestRun) {
        bytes[at++] = opRun | (run - 1);
        run = 0;
      }
      continue;
    }
    if (run > 0) {
      bytes[at++] = opRun | (run - 1);
      run = 0;
    }
    const slot = slotOf(r, g, b);
    const color = packColor(r, g, b);
    if (seen[slot] === color) bytes[at++] = opIndex | slot;
    else {
      seen[slot] = color;
      at = encodeDifference(bytes, at, r, g, b, red, green, blue);
    }
    red = r;
    green = g;
    blue = b;
  }
  if (run > 0) bytes[at++] = opRun | (run - 1);
  return at;
}

/** Writes the shortest chunk that leads from the previous colour to (r, g, b). */
function encodeDifference(
  bytes: Uint8Array,
  at: number,
  r: number,
  g: number,
  b: number,
  red: number,
  green: number,
  blue: number,
): number {
  // Differences wrap round at 8 bits.
  const dr = ((r - red) << 24) >> 24;
  const dg = ((g - green) << 24) >> 24;
  const db = ((b - blue) << 24) >> 24;
  if (dr >= -2 && dr <= 1 && dg >= -2 && dg <= 1 && db >= -2 && db <= 1) {
    bytes[at] = opDiff | ((dr + 2) << 4) | ((dg + 2) << 2) | (db + 2);
    return at + 1;
  }
  const drg = dr - dg;
  const dbg = db - dg;
  if (dg >= -32 && dg <= 31 && drg >= -8 && drg <= 7 && dbg >= -8 && dbg <= 7) {
    bytes[at] = opLuma | (dg + 32);
    bytes[at + 1] = ((drg + 8) << 4) | (dbg + 8);
    return at + 2;
  }
  bytes[at] = opRgb;
  bytes[at + 1] = r;
  bytes[at + 2] = g;
  bytes[at + 3] = b;
  return at + 4;
}

/** The table starts full of transparent black, which no opaque colour equals. */
function createSeenColors(): Int32Array {
  return new Int32Array(64).fill(-1);
}

function packColor(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}

export function isQoi(bytes: Uint8Array): boolean {
  return bytes[0] === 0x71 && bytes[1] === 0x6f && bytes[2] === 0x69 && bytes[3] === 0x66;
}

/**
 * @param bytes - a QOI file; the alpha of a four-channel file must be 255 throughout.
 * @throws {DreamlogError} `IMAGE_INVALID` when the header is wrong, bytes are missing or left over,
 *   or a pixel is transparent.
 */
export function decodeQoi(bytes: Uint8Array): RgbImage {
  if (bytes.length < headerBytes + endMarker.length || !isQoi(bytes)) {
    throw invalid("a header of 14 bytes starting with 'qoif'", `${bytes.length} bytes`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const widthPx = header.getUint32(4);
  const heightPx = header.getUint32(8);
  const end = bytes.length - endMarker.length;
  // A chunk is one byte or more and stands for 62 pixels at most: no allocation for impossible sizes.
  if (widthPx * heightPx > (end - headerBytes) * longestRun) {
    throw invalid(`chunks for ${widthPx}×${heightPx} pixels`, `${bytes.length} bytes`);
  }
  const image = createRgbImage(widthPx, heightPx);
  const at = decodePixels(bytes, end, image.pixels);
  if (at !== end || endMarker.some((byte, offset) => bytes[end + offset] !== byte)) {
    throw invalid("the end marker after the last pixel", `other bytes at ${at}`);
  }
  return image;
}

/** @returns where the chunks that filled `pixels` end. */
function decodePixels(bytes: Uint8Array, end: number, pixels: Uint8Array): number {
  const seen = createSeenColors();
  let at = headerBytes;
  let run = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let to = 0; to < pixels.length; to += 3) {
    if (run > 0) run--;
    else {
      if (at >= end) throw invalid(`${pixels.length / 3} pixels`, `${to / 3}`);
      const first = bytes[at++]!;
      const low = first & 0x3f;
      if (first === opRgb || first === opRgba) {
        if (first === opRgba && bytes[at + 3] !== 255) throw invalid("opaque pixels", "alpha");
        red = bytes[at]!;
        green = bytes[at + 1]!;
        blue = bytes[at + 2]!;
        at += first === opRgb ? 3 : 4;
      } else if (first >= opRun) run = low;
      else if (first >= opLuma) {
        const second = bytes[at++]!;
        const dg = low - 32;
        red = (red + dg + (second >> 4) - 8) & 0xff;
        green = (green + dg) & 0xff;
        blue = (blue + dg + (second & 0x0f) - 8) & 0xff;
      } else if (first >= opDiff) {
        red = (red + (low >> 4) - 2) & 0xff;
        green = (green + ((low >> 2) & 3) - 2) & 0xff;
        blue = (blue + (low & 3) - 2) & 0xff;
      } else {
        const color = seen[low]!;
        if (color < 0) throw invalid("a colour seen before", `empty slot ${low}`);
        red = color >> 16;
        green = (color >> 8) & 0xff;
        blue = color & 0xff;
      }
      seen[slotOf(red, green, blue)] = packColor(red, green, blue);
    }
    pixels[to] = red;
    pixels[to + 1] = green;
    pixels[to + 2] = blue;
  }
  return at;
}

function invalid(expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "IMAGE_INVALID",
    `QOI picture: expected ${expected}, found ${found}; the file is damaged or no QOI picture`,
    { expected, found },
  );
}
