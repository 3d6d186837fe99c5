import type { Box, RgbImage } from "../core/image.ts";

/** Bits kept of each colour channel; a bin is 8 × 8 × 8 colours. */
const channelBits = 5;
const levels = 1 << channelBits;
export const colourBinCount = levels * levels * levels;

/**
 * Pixels of the object's, and of the table's, that each colour is credited with unseen. A colour seen
 * nowhere is then the object's: its far side, more likely than a new colour of table or arm.
 */
const unseenObjectPx = 0.05;
const unseenBackgroundPx = 0.01;
/** How many times denser than on the table a colour must be inside the box to be the object's. */
const densityRatioMin = 2;

/** @returns the bin of a colour: red in the highest bits. */
export function colourBin(red: number, green: number, blue: number): number {
  return (
    ((red >> (8 - channelBits)) << (2 * channelBits)) |
    ((green >> (8 - channelBits)) << channelBits) |
    (blue >> (8 - channelBits))
  );
}

/**
 * How likely a pixel of each colour belongs to the object, by Bayes' rule over two joint colour
 * histograms. The background's is counted outside the box and scaled to the background's share of
 * the box; what the box holds beyond it is the object's.
 *
 * Only sums, products and quotients: the same on every machine.
 *
 * @returns shape [colourBinCount], posterior of the object, 0 to 255.
 */
export function learnObjectColours(frame: RgbImage, box: Box): Uint8Array {
  const counts = countColours(frame, box);
  const inside = smoothOverBins(counts.inside);
  const outside = smoothOverBins(counts.outside);
  const scale = backgroundScale(inside, outside);
  const posteriors = new Uint8Array(colourBinCount);
  for (let bin = 0; bin < colourBinCount; bin++) {
    const backgroundPx = scale * outside[bin]!;
    const objectPx = Math.max(0, inside[bin]! - densityRatioMin * backgroundPx) + unseenObjectPx;
    posteriors[bin] = Math.round((255 * objectPx) / (objectPx + backgroundPx + unseenBackgroundPx));
  }
  return posteriors;
}

/**
 * Background pixels inside the box per background pixel outside: the median over outside pixels of
 * their colour's ratio, among colours the box holds at all (arms do not reach into it).
 */
function backgroundScale(inside: Float64Array, outside: Float64Array): number {
  const ratios: { readonly ratio: number; readonly weight: number }[] = [];
  outside.forEach((weight, bin) => {
    const insidePx = inside[bin]!;
    if (weight > 0 && insidePx > 0) ratios.push({ ratio: insidePx / weight, weight });
  });
  ratios.sort((a, b) => a.ratio - b.ratio);
  let remaining = ratios.reduce((sum, { weight }) => sum + weight, 0) / 2;
  for (const { ratio, weight } of ratios) {
    remaining -= weight;
    if (remaining <= 0) return ratio;
  }
  return 0;
}

function countColours(
  frame: RgbImage,
  box: Box,
): { readonly inside: Float64Array; readonly outside: Float64Array } {
  const inside = new Int32Array(colourBinCount);
  const outside = new Int32Array(colourBinCount);
  const { widthPx, heightPx, pixels } = frame;
  const left = Math.max(0, Math.min(widthPx, box.x));
  const right = Math.max(left, Math.min(widthPx, box.x + box.width));
  for (let y = 0; y < heightPx; y++) {
    const row = y * widthPx;
    const isBoxRow = y >= box.y && y < box.y + box.height;
    const [from, to] = isBoxRow ? [left, right] : [0, 0];
    countPixels(pixels, row, row + from, outside);
    countPixels(pixels, row + from, row + to, inside);
    countPixels(pixels, row + to, row + widthPx, outside);
  }
  return { inside: new Float64Array(inside), outside: new Float64Array(outside) };
}

/** Adds the colours of the pixels from `first` to the one before `end`. */
function countPixels(pixels: Uint8Array, first: number, end: number, counts: Int32Array): void {
  for (let at = 3 * first; at < 3 * end; at += 3) {
    counts[colourBin(pixels[at]!, pixels[at + 1]!, pixels[at + 2]!)]!++;
  }
}

/** Convolves with (1, 2, 1) / 4 along each of the three channels. */
function smoothOverBins(counts: Float64Array): Float64Array {
  let current = counts;
  for (const stride of [1, levels, levels * levels]) {
    const source = current;
    current = new Float64Array(source.length);
    for (let bin = 0; bin < source.length; bin++) {
      const level = Math.floor(bin / stride) & (levels - 1);
      const below = level > 0 ? source[bin - stride]! : 0;
      const above = level < levels - 1 ? source[bin + stride]! : 0;
      current[bin] = (below + 2 * source[bin]! + above) / 4;
    }
  }
  return current;
}
