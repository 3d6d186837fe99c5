import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { runFfmpeg } from "../../media/runFfmpeg.ts";
import type { DatasetFolder } from "../datasetFolder.ts";
import { jpegSizeOf, splitJpegs } from "./jpegStream.ts";
import type { VideoStretch } from "./readLerobot.ts";

/** Raw bytes that are decoded at a time. */
const batchBytesMax = 64 * 1024 * 1024;

/** @throws {DreamlogError} `DATASET_INVALID` for a video that is not there, or out of the folder. */
export async function requireVideo(
  folder: DatasetFolder,
  { name }: Pick<VideoStretch, "name">,
): Promise<void> {
  if (!(await folder.has(name))) throw damaged(folder, name, "no such file");
}

/**
 * Decodes a stretch of a video, some frames at a time, so that memory does not grow with its length.
 *
 * @throws {DreamlogError} `DATASET_INVALID` for a video that is not there, cannot be decoded, has
 *   pictures of another size than the data set says, or ends too early; `FFMPEG_MISSING`.
 */
export async function* readVideoFrames(
  folder: DatasetFolder,
  stretch: VideoStretch,
  { frameCount, fps }: { readonly frameCount: number; readonly fps: number },
): AsyncIterable<RgbImage> {
  const { name, widthPx, heightPx, firstFrame } = stretch;
  const batch = Math.max(1, Math.floor(batchBytesMax / (widthPx * heightPx * 3)));
  await requireVideo(folder, stretch);
  for (let at = 0; at < frameCount; at += batch) {
    const wanted = Math.min(batch, frameCount - at);
    // Half a frame early, so that rounding of time stamps skips no frame.
    const startS = Math.max(0, (firstFrame + at - 0.5) / fps);
    // As pictures that say their size: one that differs must not be cut to the right one.
    const pixmaps = await decode(folder, name, [
      ...["-threads", "1", "-ss", startS.toFixed(6), ...openAs(folder, name)],
      ...["-frames:v", String(wanted), "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe"],
      "pipe:1",
    ]);
    let found = 0;
    for (const picture of splitPixmaps(pixmaps)) {
      found += 1;
      const isPadded = picture.widthPx === evenUp(widthPx) && picture.heightPx === evenUp(heightPx);
      const isWhole = picture.widthPx === widthPx && picture.heightPx === heightPx;
      if (!isPadded && !isWhole) {
        const size = `${picture.widthPx}×${picture.heightPx}`;
        throw damaged(folder, name, `pictures of ${size} where its description says ${widthPx}×${heightPx}`); // prettier-ignore
      }
      yield isWhole ? picture : cutTo(picture, widthPx, heightPx);
    }
    if (found < wanted) throw damaged(folder, name, `${at + found} frames`, frameCount);
  }
}

/** Encoders pad pictures to even sides. */
function evenUp(sidePx: number): number {
  return sidePx + (sidePx % 2);
}

function cutTo(image: RgbImage, widthPx: number, heightPx: number): RgbImage {
  const pixels = new Uint8Array(3 * widthPx * heightPx);
  for (let row = 0; row < heightPx; row++) {
    const from = 3 * row * image.widthPx;
    pixels.set(image.pixels.subarray(from, from + 3 * widthPx), 3 * row * widthPx);
  }
  return createRgbImage(widthPx, heightPx, pixels);
}

/** Reads whole binary pixmaps (PPM, P6) that follow one another. */
function* splitPixmaps(bytes: Uint8Array): Generator<RgbImage> {
  for (let at = 0; at < bytes.length;) {
    const head = /^P6\s(\d+)\s(\d+)\s255\s/.exec(
      Buffer.from(bytes.subarray(at, at + 64)).toString("latin1"),
    );
    if (head === null) return;
    const [widthPx, heightPx] = [Number(head[1]), Number(head[2])];
    const from = at + head[0].length;
    at = from + 3 * widthPx * heightPx;
    if (at <= bytes.length) yield createRgbImage(widthPx, heightPx, bytes.slice(from, at));
  }
}

/**
 * Takes the JPEG files out of a stretch of Motion JPEG, byte for byte, one a frame.
 *
 * @throws {DreamlogError} as `readVideoFrames`.
 */
export async function readVideoJpegs(
  folder: DatasetFolder,
  stretch: VideoStretch,
  { frameCount, fps }: { readonly frameCount: number; readonly fps: number },
): Promise<readonly Uint8Array[]> {
  const { name, firstFrame, widthPx, heightPx } = stretch;
  await requireVideo(folder, stretch);
  // A little late: copying begins with the last key frame before, and every frame is one.
  const startS = firstFrame === 0 ? 0 : (firstFrame + 0.25) / fps;
  const bytes = await decode(folder, name, [
    ...["-ss", startS.toFixed(6), ...openAs(folder, name)],
    ...["-frames:v", String(frameCount), "-c:v", "copy", "-f", "mjpeg", "pipe:1"],
  ]);
  try {
    const files = splitJpegs(bytes);
    if (files.length !== frameCount) throw damaged(folder, name, `${files.length} frames`, frameCount); // prettier-ignore
    for (const file of files) {
      const size = jpegSizeOf(file);
      if (size.widthPx === widthPx && size.heightPx === heightPx) continue;
      throw damaged(folder, name, `pictures of ${size.widthPx}×${size.heightPx} where its description says ${widthPx}×${heightPx}`); // prettier-ignore
    }
    return files;
  } catch (error) {
    if (!isDreamlogError(error, "IMAGE_INVALID")) throw error;
    throw damaged(folder, name, `frames that are no JPEG: ${error.message}`, undefined, error);
  }
}

/**
 * As the format that data sets have, and nothing but a file: what is called a video may be a playlist
 * that names other files, or hosts.
 */
function openAs(folder: DatasetFolder, name: string): readonly string[] {
  return ["-protocol_whitelist", "file", "-f", "mp4", "-i", folder.pathOf(name)];
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
    // The complaint names the file by its place on this machine, which says nothing more.
    const complaint = String(error.context["complaint"]).replaceAll(folder.pathOf(name), name);
    throw damaged(folder, name, `one of which ffmpeg says: ${complaint.trim()}`, undefined, error);
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
