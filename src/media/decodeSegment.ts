import { DreamlogError } from "../core/errors.ts";
import { createRgbImage, type RgbImage } from "../core/image.ts";
import { runFfmpeg } from "./runFfmpeg.ts";

/**
 * Decodes all frames of a video segment as a live encoder made it, to the samples that
 * `decodeVideoFrame` gives of each.
 *
 * @param expected - the size and the number that were recorded; the encoder padded odd sizes.
 * @throws {DreamlogError} `VIDEO_INVALID` when the segment does not hold those frames;
 *   `FFMPEG_MISSING`, `FFMPEG_FAILED`.
 */
export async function decodeSegment(
  file: Uint8Array,
  expected: { readonly widthPx: number; readonly heightPx: number; readonly frameCount: number },
): Promise<readonly RgbImage[]> {
  const { widthPx, heightPx, frameCount } = expected;
  const raw = await runFfmpeg({
    parameters: [
      // Cropped as RGB: of samples that pixels share, only an even number can be cut off.
      ...["-threads", "1", "-i", "pipe:0", "-vf", `format=rgb24,crop=${widthPx}:${heightPx}:0:0`],
      ...["-vsync", "0", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ],
    input: [file],
  });
  const frameBytes = widthPx * heightPx * 3;
  if (raw.length === frameCount * frameBytes) {
    return Array.from({ length: frameCount }, (_, at) =>
      createRgbImage(widthPx, heightPx, raw.subarray(at * frameBytes, (at + 1) * frameBytes)),
    );
  }
  throw new DreamlogError(
    "VIDEO_INVALID",
    `expected ${frameCount} frames of ${widthPx}×${heightPx} in a video segment, found ${raw.length / frameBytes} of them; restore the log from a copy`,
    { frameCount, found: raw.length / frameBytes },
  );
}
