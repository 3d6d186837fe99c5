import { invariant } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";

/** What equal pictures count as, dB: a mean over pictures stays finite. */
const psnrMaxDb = 60;

/** A pixel shows the object where some channel is at least this far from white. */
const objectDepth = 40;

/** Peak signal-to-noise ratio of 8-bit pictures of equal size over all channels, dB; at most 60. */
export function psnrDb(predicted: RgbImage, actual: RgbImage): number {
  const { pixels } = predicted;
  invariant(pixels.length === actual.pixels.length, "pictures of equal size");
  let sum = 0;
  for (let at = 0; at < pixels.length; at++) {
    const error = pixels[at]! - actual.pixels[at]!;
    sum += error * error;
  }
  const relative = sum / (255 * 255 * pixels.length);
  return Math.min(psnrMaxDb, -10 * Math.log10(relative));
}

/**
 * Overlap of the objects on white in two crops of equal size: intersection over union, 1 where neither
 * shows one.
 */
export function objectIou(predicted: RgbImage, actual: RgbImage): number {
  invariant(predicted.pixels.length === actual.pixels.length, "pictures of equal size");
  let both = 0;
  let either = 0;
  for (let at = 0; at < predicted.pixels.length; at += 3) {
    const inPredicted = isObject(predicted.pixels, at);
    const inActual = isObject(actual.pixels, at);
    if (inPredicted && inActual) both++;
    if (inPredicted || inActual) either++;
  }
  return either === 0 ? 1 : both / either;
}

function isObject(pixels: Uint8Array, at: number): boolean {
  return 255 - Math.min(pixels[at]!, pixels[at + 1]!, pixels[at + 2]!) >= objectDepth;
}
