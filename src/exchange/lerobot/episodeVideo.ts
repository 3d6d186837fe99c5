import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { RgbImage } from "../../core/image.ts";
import { runFfmpeg } from "../../media/runFfmpeg.ts";
import type { DatasetFolder } from "../datasetFolder.ts";
import type { EpisodeCamera } from "../robotEpisode.ts";
import type { VideoEncoding } from "./lerobotInfo.ts";

/**
 * How pictures become video.
 * - `h264`: small, and what every player shows; loses detail.
 * - `lossless`: H.264 of the RGB samples themselves; decodes to exactly the pictures of the log.
 */
export const videoQualities = ["h264", "lossless"] as const;
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
 * Writes what a camera saw as an MP4 with one frame a row, unless the file is there already.
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
  const path = folder.pathOf(name);
  await mkdir(dirname(path), { recursive: true });
  const size = `${camera.widthPx}x${camera.heightPx}`;
  await runFfmpeg({
    parameters: [
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", String(rateHz), "-i", "pipe:0"],
      ...encoders[quality].parameters,
      ...["-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", "1"],
      ...["-movflags", "+faststart", "-f", "mp4", "-y", `${path}.partial`],
    ],
    input: camera.pictureOfRow.map((picture) => pictures[picture]!.pixels),
  });
  await rename(`${path}.partial`, path);
}
