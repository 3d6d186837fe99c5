import { DreamlogError, isDreamlogError } from "../core/errors.ts";
import type { RgbVideo } from "../core/image.ts";
import { readMatroska, writeMatroska, type MatroskaVideo } from "./matroska.ts";
import { runFfmpeg } from "./runFfmpeg.ts";

/** Raw bytes handed to one ffmpeg process at most, so that memory stays flat. */
const batchBytesMax = 64 * 1024 * 1024;
/** Inside the pipes all clips run at one rate; each file states its own. */
const pipeFps = 25;

const exactly = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", "1"];

/**
 * Encodes clips without loss: FFV1 (RFC 9043) in Matroska, each clip a file of its own. Clips of
 * equal size and length share an ffmpeg process: starting one costs more than encoding eight clips.
 *
 * @returns one file per clip, in order; equal clips give equal bytes under the same ffmpeg.
 * @throws {DreamlogError} `FFMPEG_MISSING`, `FFMPEG_FAILED`; `VIDEO_INVALID` for a clip without
 *   frames or with frames of the wrong size.
 */
export async function encodeVideos(clips: readonly RgbVideo[]): Promise<Uint8Array[]> {
  clips.forEach(checkFrames);
  const files = new Array<Uint8Array>(clips.length);
  const groups = batches(
    clips,
    ({ widthPx, heightPx, frames }) => `${widthPx}×${heightPx}×${frames.length}`,
    ({ frames }) => frames.length * frames[0]!.length,
  );
  for (const group of groups) {
    const encoded = await encodeAlike(group.map((at) => clips[at]!));
    group.forEach((at, index) => (files[at] = encoded[index]!));
  }
  return files;
}

/** @param clips - all of one size and length. */
async function encodeAlike(clips: readonly RgbVideo[]): Promise<Uint8Array[]> {
  const { widthPx, heightPx, frames } = clips[0]!;
  const frameCount = frames.length;
  const stream = await runFfmpeg({
    parameters: [
      ...rawInput(widthPx, heightPx, pipeFps),
      // Level 1 has no slices, which cost more than they save at these sizes. The decoder's state
      // starts anew at key frames: one at each clip's start makes the clips independent.
      ...["-c:v", "ffv1", "-level", "1", "-coder", "1", "-g", String(frameCount)],
      ...["-pix_fmt", "bgr0", ...exactly, "-f", "matroska", "pipe:1"],
    ],
    input: clips.flatMap((clip) => clip.frames),
  });
  const { packets, ...track } = readMatroska(stream);
  const isAsExpected =
    packets.length === clips.length * frameCount &&
    packets.every(({ isKeyframe }, at) => isKeyframe === (at % frameCount === 0));
  if (!isAsExpected) {
    throw new DreamlogError(
      "FFMPEG_FAILED",
      `expected ${clips.length * frameCount} packets with a key frame every ${frameCount}, found ${packets.length}; try another ffmpeg with FFMPEG_BIN`,
      { packets: packets.length, clips: clips.length, frameCount },
    );
  }
  return clips.map(({ fps }, at) =>
    writeMatroska(track, fps, packets.slice(at * frameCount, (at + 1) * frameCount)),
  );
}

/**
 * Decodes files that `encodeVideos` made; as many as possible by one ffmpeg process.
 *
 * @returns one clip per file, in order, frame by frame what went in.
 * @throws {DreamlogError} `FFMPEG_MISSING`, `FFMPEG_FAILED`; `VIDEO_INVALID` for damaged files.
 */
export async function decodeVideos(files: readonly Uint8Array[]): Promise<RgbVideo[]> {
  const videos = files.map(readMatroska);
  const clips = new Array<RgbVideo>(files.length);
  const groups = batches(
    videos,
    (video) => [video.codecId, ...video.codecPrivate, video.widthPx, video.heightPx].join(),
    (video) => video.packets.length * video.widthPx * video.heightPx * 3,
  );
  for (const group of groups) {
    const decoded = await decodeAlike(group.map((at) => videos[at]!));
    group.forEach((at, index) => (clips[at] = decoded[index]!));
  }
  return clips;
}

/** @param videos - all of one size and codec header. */
async function decodeAlike(videos: readonly MatroskaVideo[]): Promise<RgbVideo[]> {
  const { widthPx, heightPx } = videos[0]!;
  const packets = videos.flatMap((video) => video.packets);
  const frameBytes = widthPx * heightPx * 3;
  const raw = await decodeStream(writeMatroska(videos[0]!, pipeFps, packets));
  if (raw.length !== packets.length * frameBytes) {
    throw new DreamlogError(
      "VIDEO_INVALID",
      `expected ${packets.length} frames of ${widthPx}×${heightPx}, found ${raw.length} bytes; the video is damaged`,
      { frames: packets.length, widthPx, heightPx, lengthBytes: raw.length },
    );
  }
  let frame = 0;
  return videos.map((video) => ({
    widthPx,
    heightPx,
    fps: video.fps ?? pipeFps,
    frames: video.packets.map(() => {
      const start = frame++ * frameBytes;
      return new Uint8Array(raw.buffer, raw.byteOffset + start, frameBytes);
    }),
  }));
}

async function decodeStream(stream: Uint8Array): Promise<Uint8Array> {
  try {
    return await runFfmpeg({
      parameters: [
        ...["-err_detect", "explode", "-threads", "1", "-f", "matroska", "-i", "pipe:0"],
        ...["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
      ],
      input: [stream],
    });
  } catch (error) {
    if (!isDreamlogError(error, "FFMPEG_FAILED")) throw error;
    const message = `expected a video that ffmpeg can decode, found: ${error.message}`;
    throw new DreamlogError("VIDEO_INVALID", message, error.context, error);
  }
}

/**
 * Encodes a clip for people's players: MP4 with H.264 where ffmpeg has libx264, else MPEG-4 part 2.
 * Odd sizes are padded by a pixel.
 *
 * @throws {DreamlogError} `FFMPEG_MISSING`, `FFMPEG_FAILED`, `VIDEO_INVALID`.
 */
export async function encodeMp4(clip: RgbVideo): Promise<Uint8Array> {
  checkFrames(clip);
  const encode = (codec: readonly string[]) =>
    runFfmpeg({
      parameters: [
        ...rawInput(clip.widthPx, clip.heightPx, clip.fps),
        ...["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", ...codec, ...exactly],
        // A pipe cannot be rewound, so the index goes in front of each fragment.
        ...["-movflags", "+frag_keyframe+empty_moov", "-f", "mp4", "pipe:1"],
      ],
      input: clip.frames,
    });
  try {
    return await encode(["-c:v", "libx264", "-crf", "18", "-preset", "fast"]);
  } catch (error) {
    const isWithoutH264 =
      isDreamlogError(error, "FFMPEG_FAILED") && error.message.includes("Unknown encoder");
    if (!isWithoutH264) throw error;
    return encode(["-c:v", "mpeg4", "-q:v", "3"]);
  }
}

function rawInput(widthPx: number, heightPx: number, fps: number): string[] {
  const size = `${widthPx}x${heightPx}`;
  const format = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", String(fps)];
  return [...format, "-i", "pipe:0"];
}

function checkFrames({ widthPx, heightPx, frames }: RgbVideo): void {
  const frameBytes = widthPx * heightPx * 3;
  const wrong = frames.findIndex((frame) => frame.length !== frameBytes);
  if (frames.length > 0 && frameBytes > 0 && wrong < 0) return;
  throw new DreamlogError(
    "VIDEO_INVALID",
    wrong < 0
      ? `expected a video with frames, found ${frames.length} of ${widthPx}×${heightPx}`
      : `expected frames of ${frameBytes} bytes (${widthPx}×${heightPx}), found ${frames[wrong]!.length} at frame ${wrong}`,
    { widthPx, heightPx, frameCount: frames.length },
  );
}

/** Groups indices of items of the same kind, each group within `batchBytesMax`. */
function batches<Item>(
  items: readonly Item[],
  kindOf: (item: Item) => string,
  bytesOf: (item: Item) => number,
): number[][] {
  const groups: number[][] = [];
  const open = new Map<string, { readonly group: number[]; bytes: number }>();
  for (const [at, item] of items.entries()) {
    const kind = kindOf(item);
    const bytes = bytesOf(item);
    let current = open.get(kind);
    if (current === undefined || current.bytes + bytes > batchBytesMax) {
      current = { group: [], bytes: 0 };
      groups.push(current.group);
      open.set(kind, current);
    }
    current.group.push(at);
    current.bytes += bytes;
  }
  return groups;
}
