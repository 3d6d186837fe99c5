import { armClipFrameCount, armClipSidePx } from "./cell.ts";
import { DreamlogError } from "./errors.ts";
import type { RgbVideo } from "./image.ts";
import type { Random } from "./random.ts";

/*
 * What pictures are to the world model's network: planes of ink, 0 for white and 1 for black, so
 * that the empty ground of an object-only crop is 0. Training and dreaming share these functions.
 */

/** Frames the world model predicts; the last shows the object at rest. */
export const dreamFrameCount = 4;

/** Side of the planes that tell the network of the arm clip, pixels. */
export const armPlaneSidePx = 32;
/** Red, green and blue of every frame of the arm clip. */
export const armPlaneCount = 3 * armClipFrameCount;

/**
 * Standard deviation of the noise that hides the change from the first frame at diffusion time 1; about
 * that of the change itself where there is any.
 */
export const noiseDeviation = 0.3;

/**
 * @param frames - interleaved RGB, `sidePx` squared each.
 * @returns shape [frames.length · 3, sidePx, sidePx], 0 (white) to 1.
 */
export function inkPlanes(frames: readonly Uint8Array[], sidePx: number): Float32Array {
  const area = sidePx * sidePx;
  const planes = new Float32Array(frames.length * 3 * area);
  frames.forEach((pixels, frame) => {
    for (let channel = 0; channel < 3; channel++) {
      const plane = (frame * 3 + channel) * area;
      for (let at = 0; at < area; at++)
        planes[plane + at] = (255 - pixels[3 * at + channel]!) / 255;
    }
  });
  return planes;
}

/** The inverse of `inkPlanes`, rounded to 8 bits; ink beyond 0 to 1 is cut off. */
export function framesOfInk(planes: Float32Array, sidePx: number): Uint8Array[] {
  const area = sidePx * sidePx;
  return Array.from({ length: planes.length / (3 * area) }, (_, frame) => {
    const pixels = new Uint8Array(3 * area);
    for (let channel = 0; channel < 3; channel++) {
      const plane = (frame * 3 + channel) * area;
      for (let at = 0; at < area; at++) {
        const ink = Math.max(0, Math.min(1, planes[plane + at]!));
        pixels[3 * at + channel] = Math.round(255 * (1 - ink));
      }
    }
    return pixels;
  });
}

/**
 * The rendered arms as the network is told of them: every frame averaged down to 32 × 32, where a
 * fingertip still covers a pixel or two and its place shows in how they share it.
 *
 * @returns shape [24, 32, 32]: 8 frames of red, green and blue, 0 to 255.
 * @throws {DreamlogError} `VIDEO_INVALID` for a clip of another size or length.
 */
export function armPlanes(clip: RgbVideo): Uint8Array {
  const { widthPx, heightPx, frames } = clip;
  const isFit = widthPx === armClipSidePx && heightPx === armClipSidePx;
  if (!isFit || frames.length !== armClipFrameCount) {
    throw new DreamlogError(
      "VIDEO_INVALID",
      `expected an arm clip of ${armClipFrameCount} frames of ${armClipSidePx}×${armClipSidePx}, found ${frames.length} of ${widthPx}×${heightPx}; render the arms again`,
      { widthPx, heightPx, frameCount: frames.length },
    );
  }
  const block = armClipSidePx / armPlaneSidePx;
  const planes = new Uint8Array(armPlaneCount * armPlaneSidePx * armPlaneSidePx);
  let out = 0;
  for (const pixels of frames) {
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < armClipSidePx; y += block) {
        for (let x = 0; x < armClipSidePx; x += block) {
          let sum = 0;
          for (let row = y; row < y + block; row++) {
            const start = 3 * (row * armClipSidePx + x) + channel;
            for (let at = start; at < start + 3 * block; at += 3) sum += pixels[at]!;
          }
          planes[out++] = Math.round(sum / (block * block));
        }
      }
    }
  }
  return planes;
}

const uniformsPerDraw = 4;

/**
 * Nearly normal numbers of mean 0 and variance 1, each the centred sum of four uniforms (Irwin–Hall):
 * exact arithmetic, and a third of the draws of `Random.normal`.
 */
export function drawNoise(random: Random, count: number): Float32Array {
  const noise = new Float32Array(count);
  // The variance of a uniform is 1/12.
  const scale = Math.sqrt(12 / uniformsPerDraw);
  for (let at = 0; at < count; at++) {
    let sum = -uniformsPerDraw / 2;
    for (let draw = 0; draw < uniformsPerDraw; draw++) sum += random.uniform();
    noise[at] = scale * sum;
  }
  return noise;
}
