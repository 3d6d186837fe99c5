import sharp from "sharp";
import { DreamlogError } from "../../core/errors.ts";
import { runFfmpeg } from "../../media/runFfmpeg.ts";
import type { EncodedFrame, EpisodeCamera } from "../robotEpisode.ts";
import { countPixels, createPixelHistogram, type PixelHistogram } from "./featureStats.ts";

/*
 * Statistics of pictures as LeRobot's compute_stats takes them: of a sample of the pictures, each
 * scaled down. Where nothing else is decoded, decoding costs most of the time, so the sample is smaller
 * than LeRobot's, which looks at a hundred pictures of any short episode; of video it is the key frames,
 * for any other frame has to be decoded with all since the key frame before.
 */

const sampleMin = 8;
const sampleMax = 10_000;
/** One picture in so many is looked at. */
const sampleEvery = 30;
/** So many key frames of a video are not reached: of more, every other is let go, again and again. */
const keyFramesMax = 96;
/** Pictures with a side of this many pixels or more are scaled down, to about the side below. */
const largePx = 300;
const scaledPx = 150;

/** @returns indices of the pictures to look at, evenly spread, the first and the last among them. */
export function sampledIndices(count: number): readonly number[] {
  const wanted = Math.min(count, sampleMax, Math.max(sampleMin, Math.floor(count / sampleEvery))); // prettier-ignore
  if (wanted === 1) return [0];
  return Array.from({ length: wanted }, (_, at) => Math.round((at * (count - 1)) / (wanted - 1)));
}

/** Looks at some of the pictures of a camera as they go by. */
export interface PixelSampler {
  /** Called for every stored frame in order, with what a video's first picture needs in front of it. */
  offer(frame: EncodedFrame): void;
  /** @throws {DreamlogError} `IMAGE_INVALID`, `VIDEO_INVALID` for frames that cannot be decoded. */
  finish(): Promise<PixelHistogram>;
}

export function createPixelSampler(camera: EpisodeCamera): PixelSampler {
  const scale = scaleOf(Math.max(camera.widthPx, camera.heightPx));
  const size = {
    width: Math.ceil(camera.widthPx / scale),
    height: Math.ceil(camera.heightPx / scale),
  };
  return camera.encoded.kind === "files"
    ? createFileSampler(camera.pictureCount, size)
    : createFrameSampler(camera.encoded.leadCount, size);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** JPEG files, scaled down while they are decoded, by averages of 2, 4 or 8 pixels a side. */
function createFileSampler(count: number, size: Size): PixelSampler {
  const sampled = new Set(sampledIndices(count));
  const decoded: Promise<Uint8Array>[] = [];
  let index = 0;
  return {
    offer({ bytes }) {
      if (!sampled.has(index++)) return;
      const pixels = decodeScaled(bytes, size);
      // Who awaits them hears of a failure; until then it is none that nobody handles.
      pixels.catch(() => undefined);
      decoded.push(pixels);
    },
    finish: async () => histogramOf(await Promise.all(decoded)),
  };
}

/**
 * Frames of a video: those that can be decoded alone; where the pictures have none of these, any of
 * them.
 *
 * @param leadCount - frames that are none of the episode's.
 */
function createFrameSampler(leadCount: number, size: Size): PixelSampler {
  let keyFrames: Uint8Array[] = [];
  /** One key frame in so many is kept. */
  let keptEvery = 1;
  let keyCount = 0;
  let frames: Uint8Array[] = [];
  let index = 0;
  const keep = (bytes: Uint8Array) => {
    if (keyCount++ % keptEvery !== 0) return;
    keyFrames.push(bytes);
    if (keyFrames.length < keyFramesMax) return;
    keyFrames = keyFrames.filter((_, at) => at % 2 === 0);
    keptEvery *= 2;
  };
  return {
    offer({ bytes, isKey }) {
      if (isKey && index >= leadCount) keep(bytes);
      index += 1;
      if (keyCount === 0) frames.push(bytes);
      else frames = [];
    },
    async finish() {
      if (keyCount > 0) return histogramOf(await decodeFrames(keyFrames, null, size));
      const indices = sampledIndices(frames.length - leadCount).map((at) => leadCount + at);
      return histogramOf(await decodeFrames(frames, indices, size));
    },
  };
}

function histogramOf(pictures: readonly Uint8Array[]): PixelHistogram {
  const histogram = createPixelHistogram();
  for (const pixels of pictures) countPixels(histogram, pixels);
  return histogram;
}

/** @returns pixels of the frames of an H.264 stream that `indices` name, in order; of all for null. */
async function decodeFrames(
  stream: readonly Uint8Array[],
  indices: readonly number[] | null,
  { width, height }: Size,
): Promise<readonly Uint8Array[]> {
  const select = indices === null ? "" : `select=${indices.map((index) => `eq(n\\,${index})`).join("+")},`; // prettier-ignore
  const raw = await runFfmpeg({
    parameters: [
      ...["-threads", "1", "-f", "h264", "-i", "pipe:0"],
      ...["-vf", `${select}scale=${width}:${height}:flags=area+bitexact+accurate_rnd`],
      ...["-vsync", "0", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ],
    input: stream,
  });
  const expected = indices?.length ?? stream.length;
  const frameBytes = 3 * width * height;
  if (raw.length === expected * frameBytes) {
    return Array.from({ length: expected }, (_, at) =>
      raw.subarray(at * frameBytes, (at + 1) * frameBytes),
    );
  }
  throw new DreamlogError(
    "VIDEO_INVALID",
    `expected ${expected} frames of H.264, found ${raw.length / frameBytes} that can be decoded; restore the log from a copy`,
    { expected },
  );
}

/** The scales that a JPEG can be decoded at. */
function scaleOf(sidePx: number): number {
  if (sidePx < largePx) return 1;
  return [8, 4, 2].find((scale) => scale <= Math.floor(sidePx / scaledPx)) ?? 1;
}

async function decodeScaled(bytes: Uint8Array, size: Size): Promise<Uint8Array> {
  try {
    const picture = sharp(bytes).resize({ ...size, fit: "fill" });
    return await picture.removeAlpha().toColourspace("srgb").raw().toBuffer();
  } catch (cause) {
    throw new DreamlogError("IMAGE_INVALID", `expected a JPEG, found bytes that cannot be decoded: ${String(cause)}`, {}, cause); // prettier-ignore
  }
}
