import { DreamlogError } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import { runFfmpeg } from "./runFfmpeg.ts";

/**
 * Decodes one frame of a video segment.
 *
 * @param file - as a live encoder made it.
 * @param frame - `index` from 0; the size it was recorded at.
 * @throws {DreamlogError} `VIDEO_INVALID` when the segment does not hold that frame;
 *   `FFMPEG_MISSING`, `FFMPEG_FAILED`.
 */
export async function decodeVideoFrame(
  file: Uint8Array,
  frame: { readonly index: number; readonly widthPx: number; readonly heightPx: number },
): Promise<RgbImage> {
  const { index, widthPx, heightPx } = frame;
  const pixels = await runFfmpeg({
    parameters: [
      ...["-threads", "1", "-i", "pipe:0"],
      // Cropped as RGB: of samples that pixels share, only an even number can be cut off.
      ...["-vf", `select=eq(n\\,${index}),format=rgb24,crop=${widthPx}:${heightPx}:0:0`],
      ...["-vsync", "0", "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ],
    input: [file],
  });
  if (pixels.length === widthPx * heightPx * 3) return { widthPx, heightPx, pixels };
  throw new DreamlogError(
    "VIDEO_INVALID",
    `expected frame ${index} of ${widthPx}×${heightPx} in a video segment, found ${pixels.length} bytes of it; restore the log from a copy`,
    { index, found: pixels.length },
  );
}
