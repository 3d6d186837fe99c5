import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { DreamlogError } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { runFfmpeg } from "../../media/runFfmpeg.ts";
import type { DatasetFolder } from "../datasetFolder.ts";
import type { EpisodeCamera, PictureFile } from "../robotEpisode.ts";
import { jpegPixelFormat, splitJpegs } from "./jpegStream.ts";
import type { VideoEncoding } from "./lerobotInfo.ts";

/**
 * How pictures become video.
 * - `h264`: small, and what every player shows; loses detail.
 * - `copy`: the JPEG files of the log as they are, one after the other (Motion JPEG): nothing is
 *   decoded or encoded, every frame is a key frame, and held pictures are stored again.
 * - `lossless`: H.264 of the RGB samples themselves; decodes to exactly the pictures of the log.
 */
export const videoQualities = ["h264", "copy", "lossless"] as const;
export type VideoQuality = (typeof videoQualities)[number];

interface Encoder extends VideoEncoding {
  readonly parameters: readonly string[];
}

// No B frames, so that a frame's number is its place in the file. A key frame every other frame, as
// LeRobot has it, lets a reader jump; without loss that would store every held picture again.
export const encoders: Readonly<Record<VideoQuality, Encoder>> = {
  h264: {
    codec: "h264",
    pixelFormat: "yuv420p",
    parameters: [
      ...["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-c:v", "libx264"],
      ...["-preset", "superfast", "-crf", "20", "-g", "2", "-bf", "0"],
    ],
  },
  // What the log's own JPEGs are; those of others are told apart by `encodingOf`.
  copy: { codec: "mjpeg", pixelFormat: "yuvj444p", parameters: ["-c:v", "copy"] },
  lossless: {
    codec: "h264",
    pixelFormat: "gbrp",
    parameters: [
      ...["-pix_fmt", "rgb24", "-c:v", "libx264rgb", "-preset", "superfast", "-qp", "0"],
      ...["-g", "30", "-bf", "0"],
    ],
  },
};

/**
 * Writes what a camera saw as an MP4 with one frame a row, encoded anew.
 *
 * @param pictures - what `camera.load` gave.
 * @throws {DreamlogError} `FFMPEG_MISSING`, `FFMPEG_FAILED`.
 */
export async function writeEpisodeVideo(
  folder: DatasetFolder,
  name: string,
  camera: EpisodeCamera,
  pictures: readonly RgbImage[],
  { rateHz, quality }: { readonly rateHz: number; readonly quality: VideoQuality },
): Promise<void> {
  const size = `${camera.widthPx}x${camera.heightPx}`;
  const format = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", String(rateHz)];
  const frames = camera.pictureOfRow.map((picture) => pictures[picture]!.pixels);
  await writeMp4(folder, name, format, quality, frames);
}

/**
 * How the videos of a data set will be stored. Copies are stored as the log's pictures are, of which
 * the first stands for all.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for pictures that cannot be copied.
 */
export async function encodingOf(
  quality: VideoQuality,
  camera: EpisodeCamera | undefined,
): Promise<VideoEncoding> {
  const { codec, pixelFormat } = encoders[quality];
  if (quality !== "copy" || camera === undefined) return { codec, pixelFormat };
  const [first] = await camera.files(1);
  return { codec, pixelFormat: first === undefined ? pixelFormat : copiedFormat(camera, first) };
}

/**
 * Writes the JPEG files of a camera as an MP4 with one of them a row, byte for byte.
 *
 * @param files - what `camera.files` gave.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for pictures that are no JPEG, or not all of the pixel
 *   format that the data set has; `IMAGE_INVALID` for damaged ones; `FFMPEG_MISSING`, `FFMPEG_FAILED`.
 */
export async function copyEpisodeVideo(
  folder: DatasetFolder,
  name: string,
  camera: EpisodeCamera,
  files: readonly PictureFile[],
  { rateHz, pixelFormat }: { readonly rateHz: number; readonly pixelFormat: string },
): Promise<void> {
  for (const file of files) {
    const found = copiedFormat(camera, file);
    if (found !== pixelFormat) throw notCopied(camera, pixelFormat, found);
  }
  const format = ["-f", "mjpeg", "-framerate", String(rateHz)];
  const frames = camera.pictureOfRow.map((picture) => files[picture]!.bytes);
  await writeMp4(folder, name, format, "copy", frames);
}

/** Pixel format of a file that is one JPEG from end to end. */
function copiedFormat(camera: EpisodeCamera, { mediaType, bytes }: PictureFile): string {
  if (mediaType !== "image/jpeg") throw notCopied(camera, "JPEG", mediaType);
  const count = splitJpegs(bytes).length;
  if (count !== 1) throw notCopied(camera, "one JPEG a picture", String(count));
  return jpegPixelFormat(bytes);
}

function notCopied({ name }: EpisodeCamera, expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `camera ${name}: expected pictures of ${expected} to copy, found ${found}; export with --video h264 or lossless`,
    { camera: name, expected, found },
  );
}

async function writeMp4(
  folder: DatasetFolder,
  name: string,
  inputFormat: readonly string[],
  quality: VideoQuality,
  input: readonly Uint8Array[],
): Promise<void> {
  const path = folder.pathOf(name);
  await mkdir(dirname(path), { recursive: true });
  await runFfmpeg({
    parameters: [
      ...[...inputFormat, "-i", "pipe:0", ...encoders[quality].parameters],
      ...["-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", "1"],
      ...["-movflags", "+faststart", "-f", "mp4", "-y", `${path}.partial`],
    ],
    input,
  });
  await rename(`${path}.partial`, path);
}
