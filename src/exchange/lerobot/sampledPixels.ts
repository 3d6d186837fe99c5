import sharp from "sharp";
import { DreamlogError } from "../../core/errors.ts";
import { countPixels, createPixelHistogram, type PixelHistogram } from "./featureStats.ts";

/*
 * Statistics of pictures as LeRobot's compute_stats takes them: of a sample of the pictures, each
 * scaled down. Where nothing else is decoded, decoding costs most of the time, so the sample is smaller
 * than LeRobot's, which looks at a hundred pictures of any short episode.
 */

const sampleMin = 24;
const sampleMax = 10_000;
/** One picture in so many is looked at. */
const sampleEvery = 30;
/** Pictures with a side of this many pixels or more are scaled down, to about the side below. */
const largePx = 300;
const scaledPx = 150;

/** @returns indices of the pictures to look at, evenly spread, the first and the last among them. */
export function sampledIndices(count: number): readonly number[] {
  const wanted = Math.min(count, sampleMax, Math.max(sampleMin, Math.floor(count / sampleEvery))); // prettier-ignore
  if (wanted === 1) return [0];
  return Array.from({ length: wanted }, (_, at) => Math.round((at * (count - 1)) / (wanted - 1)));
}

/**
 * Counts the pixels of sampled JPEG files. Scaled down while decoding, by averages of 2, 4 or 8 pixels
 * a side.
 *
 * @throws {DreamlogError} `IMAGE_INVALID`.
 */
export async function countSampled(
  files: readonly Uint8Array[],
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): Promise<PixelHistogram> {
  const histogram = createPixelHistogram();
  const scale = scaleOf(Math.max(widthPx, heightPx));
  const scaled = { width: Math.ceil(widthPx / scale), height: Math.ceil(heightPx / scale) };
  const pictures = await Promise.all(
    sampledIndices(files.length).map((at) => decodeScaled(files[at]!, scaled)),
  );
  for (const pixels of pictures) countPixels(histogram, pixels);
  return histogram;
}

/** The scales that a JPEG can be decoded at. */
function scaleOf(sidePx: number): number {
  if (sidePx < largePx) return 1;
  return [8, 4, 2].find((scale) => scale <= Math.floor(sidePx / scaledPx)) ?? 1;
}

async function decodeScaled(
  bytes: Uint8Array,
  size: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  try {
    const picture = sharp(bytes).resize({ ...size, fit: "fill" });
    return await picture.removeAlpha().toColourspace("srgb").raw().toBuffer();
  } catch (cause) {
    throw new DreamlogError("IMAGE_INVALID", `expected a JPEG, found bytes that cannot be decoded: ${String(cause)}`, {}, cause); // prettier-ignore
  }
}
