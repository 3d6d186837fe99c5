import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { runFfmpeg } from "../../media/runFfmpeg.ts";
import type { DatasetFolder } from "../datasetFolder.ts";
import { splitJpegs } from "./jpegStream.ts";
import type { VideoStretch } from "./readLerobot.ts";

/** Raw bytes that are decoded at a time. */
const batchBytesMax = 64 * 1024 * 1024;

/**
 * Decodes a stretch of a video, some frames at a time, so that memory does not grow with its length.
 *
 * @throws {DreamlogError} `DATASET_INVALID` for a video that is not there, cannot be decoded or ends
 *   too early; `FFMPEG_MISSING`.
 */
export async function* readVideoFrames(
  folder: DatasetFolder,
  stretch: VideoStretch,
  { frameCount, fps }: { readonly frameCount: number; readonly fps: number },
): AsyncIterable<RgbImage> {
  const { name, widthPx, heightPx, firstFrame } = stretch;
  const frameBytes = widthPx * heightPx * 3;
  const batch = Math.max(1, Math.floor(batchBytesMax / frameBytes));
  if (!(await folder.has(name))) throw damaged(folder, name, "no such file");
  for (let at = 0; at < frameCount; at += batch) {
    const wanted = Math.min(batch, frameCount - at);
    // Half a frame early, so that rounding of time stamps skips no frame.
    const startS = Math.max(0, (firstFrame + at - 0.5) / fps);
    const raw = await decode(folder, name, [
      ...["-threads", "1", "-ss", startS.toFixed(6), "-i", folder.pathOf(name)],
      ...["-frames:v", String(wanted), "-vf", `format=rgb24,crop=${widthPx}:${heightPx}:0:0`],
      ...["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ]);
    if (raw.length !== wanted * frameBytes) {
      const found = at + Math.floor(raw.length / frameBytes);
      throw damaged(folder, name, `${found} frames of ${widthPx}×${heightPx}`, frameCount);
    }
    for (let frame = 0; frame < wanted; frame++) {
      const pixels = raw.slice(frame * frameBytes, (frame + 1) * frameBytes);
      yield createRgbImage(widthPx, heightPx, pixels);
    }
  }
}

/**
 * Takes the JPEG files out of a stretch of Motion JPEG, byte for byte, one a frame.
 *
 * @throws {DreamlogError} as `readVideoFrames`.
 */
export async function readVideoJpegs(
  folder: DatasetFolder,
  { name, firstFrame }: VideoStretch,
  { frameCount, fps }: { readonly frameCount: number; readonly fps: number },
): Promise<readonly Uint8Array[]> {
  if (!(await folder.has(name))) throw damaged(folder, name, "no such file");
  // A little late: copying begins with the last key frame before, and every frame is one.
  const startS = firstFrame === 0 ? 0 : (firstFrame + 0.25) / fps;
  const bytes = await decode(folder, name, [
    ...["-ss", startS.toFixed(6), "-i", folder.pathOf(name)],
    ...["-frames:v", String(frameCount), "-c:v", "copy", "-f", "mjpeg", "pipe:1"],
  ]);
  try {
    const files = splitJpegs(bytes);
    if (files.length === frameCount) return files;
    throw damaged(folder, name, `${files.length} frames`, frameCount);
  } catch (error) {
    if (!isDreamlogError(error, "IMAGE_INVALID")) throw error;
    throw damaged(folder, name, error.message, undefined, error);
  }
}

async function decode(
  folder: DatasetFolder,
  name: string,
  parameters: readonly string[],
): Promise<Uint8Array> {
  try {
    return await runFfmpeg({ parameters, input: [] });
  } catch (error) {
    if (!isDreamlogError(error, "FFMPEG_FAILED")) throw error;
    throw damaged(folder, name, error.message, undefined, error);
  }
}

function damaged(
  { root }: DatasetFolder,
  name: string,
  found: string,
  frameCount?: number,
  cause?: unknown,
): DreamlogError {
  const expected = frameCount === undefined ? "a whole video" : `${frameCount} frames`;
  return new DreamlogError(
    "DATASET_INVALID",
    `${name}: expected ${expected}, found ${found}; the data set is not whole: download it again`,
    { root, name, found },
    cause,
  );
}
