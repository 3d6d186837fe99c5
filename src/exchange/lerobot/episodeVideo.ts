import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { DreamlogError } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { runFfmpeg } from "../../media/runFfmpeg.ts";
import type { DatasetFolder } from "../datasetFolder.ts";
import type { EncodedFrame, EpisodeCamera, PictureFile } from "../robotEpisode.ts";
import { readJpegHeader, splitJpegs } from "./jpegStream.ts";
import type { VideoEncoding } from "./lerobotInfo.ts";

/**
 * How pictures become video.
 * - `h264`: small, and what every player shows; loses detail.
 * - `copy`: what the log holds as it is: JPEG files one after the other (Motion JPEG: every frame is a
 *   key frame, and held pictures are stored again), or the frames of H.264 segments. Nothing is encoded.
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
 * @param onPicture - sees each picture once, as it goes by.
 * @throws {DreamlogError} `FFMPEG_MISSING`, `FFMPEG_FAILED`; what `camera.pictures` throws.
 */
export async function writeEpisodeVideo(
  folder: DatasetFolder,
  name: string,
  camera: EpisodeCamera,
  options: {
    readonly rateHz: number;
    readonly quality: VideoQuality;
    readonly onPicture: (picture: RgbImage) => void;
  },
): Promise<void> {
  const { rateHz, quality, onPicture } = options;
  const size = `${camera.widthPx}x${camera.heightPx}`;
  const format = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", String(rateHz)];
  const pictures = mapEach(camera.pictures(), (picture) => {
    onPicture(requireSize(camera, picture));
    return picture.pixels;
  });
  await writeMp4(folder, name, format, quality, perRow(pictures, camera.pictureOfRow));
}

/** @throws {DreamlogError} `IMAGE_INVALID` for a picture of another size than the camera's first. */
export function requireSize<Size extends Pick<EpisodeCamera, "widthPx" | "heightPx">>(
  { name, widthPx, heightPx }: EpisodeCamera,
  found: Size,
): Size {
  if (found.widthPx === widthPx && found.heightPx === heightPx) return found;
  throw new DreamlogError(
    "IMAGE_INVALID",
    `camera ${name}: expected pictures of ${widthPx}×${heightPx} as the first is, found one of ${found.widthPx}×${found.heightPx}; export up to where the camera was changed with --upto`,
    { camera: name, widthPx, heightPx },
  );
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
  const { encoded } = camera;
  if (encoded.kind === "video") return copiedVideo(camera, encoded.codec);
  for await (const first of encoded.files()) {
    return { codec, pixelFormat: copiedFormat(camera, first) };
  }
  return { codec, pixelFormat };
}

/**
 * What a camera stored, picture by picture: JPEG files, which are key frames all, or the frames of its
 * video with those that the first needs.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for pictures that are no JPEG, or not all of the encoding
 *   that the data set has, and for video whose frames are not the rows; `IMAGE_INVALID` for damaged
 *   pictures; what reading them throws.
 */
export async function* storedFrames(
  camera: EpisodeCamera,
  encoding: VideoEncoding,
): AsyncGenerator<EncodedFrame> {
  const { encoded } = camera;
  if (encoded.kind === "video") {
    const found = copiedVideo(camera, encoded.codec);
    if (found.codec !== encoding.codec) throw notCopied(camera, encoding.codec, found.codec);
    requireFrameARow(camera);
    yield* encoded.frames();
    return;
  }
  for await (const file of encoded.files()) {
    const found = copiedFormat(camera, file);
    if (found !== encoding.pixelFormat) throw notCopied(camera, encoding.pixelFormat, found);
    yield { bytes: file.bytes, isKey: true };
  }
}

/**
 * Writes what a camera stored as an MP4 with one frame a row, byte for byte.
 *
 * @param frames - what `storedFrames` gives.
 * @throws {DreamlogError} `FFMPEG_MISSING`, `FFMPEG_FAILED`; what `frames` throws.
 */
export async function copyEpisodeVideo(
  folder: DatasetFolder,
  name: string,
  { encoded, pictureOfRow }: EpisodeCamera,
  { rateHz, frames }: { readonly rateHz: number; readonly frames: AsyncIterable<EncodedFrame> },
): Promise<void> {
  const bytes = mapEach(frames, (frame) => frame.bytes);
  if (encoded.kind === "video") {
    // As a rate of input and not of the raw stream, which would round each frame's time.
    await writeMp4(folder, name, ["-f", "h264", "-r", String(rateHz)], "copy", bytes);
    return;
  }
  const format = ["-f", "mjpeg", "-framerate", String(rateHz)];
  await writeMp4(folder, name, format, "copy", perRow(bytes, pictureOfRow));
}

/** H.264 goes into a file as it is; nothing else that a live camera may have been encoded with. */
function copiedVideo(camera: EpisodeCamera, codec: string): VideoEncoding {
  if (codec === "h264") return { codec, pixelFormat: "yuv420p" };
  throw notCopied(camera, "JPEG or H.264", codec);
}

/** A frame of video is what changed since the one before: none can be left out or shown twice. */
function requireFrameARow(camera: EpisodeCamera): void {
  const { pictureOfRow } = camera;
  const odd = pictureOfRow.findIndex((picture, row) => picture !== row);
  if (odd < 0) return;
  throw notCopied(camera, `one frame a row`, `frame ${pictureOfRow[odd]!} in row ${odd}`);
}

/** Pixel format of a file that is one JPEG from end to end. */
function copiedFormat(camera: EpisodeCamera, { mediaType, bytes }: PictureFile): string {
  if (mediaType !== "image/jpeg") throw notCopied(camera, "JPEG", mediaType);
  const count = splitJpegs(bytes).length;
  if (count !== 1) throw notCopied(camera, "one JPEG a picture", String(count));
  const { pixelFormat, ...size } = readJpegHeader(bytes);
  requireSize(camera, size);
  return pixelFormat;
}

function notCopied({ name }: EpisodeCamera, expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `camera ${name}: expected pictures of ${expected} to copy, found ${found}; export with --video h264 or lossless`,
    { camera: name, expected, found },
  );
}

async function* mapEach<From, To>(
  values: AsyncIterable<From>,
  map: (value: From) => To,
): AsyncGenerator<To> {
  for await (const value of values) yield map(value);
}

/** Each row's picture, in order of rows; pictures that no row shows are passed over. */
async function* perRow<Picture>(
  pictures: AsyncIterable<Picture>,
  pictureOfRow: readonly number[],
): AsyncGenerator<Picture> {
  let row = 0;
  let picture = 0;
  for await (const shown of pictures) {
    while (pictureOfRow[row] === picture) {
      yield shown;
      row += 1;
    }
    picture += 1;
  }
}

async function writeMp4(
  folder: DatasetFolder,
  name: string,
  inputFormat: readonly string[],
  quality: VideoQuality,
  input: AsyncIterable<Uint8Array>,
): Promise<void> {
  const path = folder.pathOf(name);
  await mkdir(dirname(path), { recursive: true });
  const parameters = [
    ...[...inputFormat, "-i", "pipe:0", ...encoders[quality].parameters],
    ...["-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", "1"],
    ...["-movflags", "+faststart", "-f", "mp4", "-y", `${path}.partial`],
  ];
  await runFfmpeg({ parameters, input, timeoutMs: null });
  await rename(`${path}.partial`, path);
}
