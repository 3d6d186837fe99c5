import { DreamlogError } from "../core/errors.ts";
import type { Mask } from "../core/image.ts";

/** Pixels considered at most, about; beyond it the mask is thinned to a regular grid. */
const candidateCountMax = 8192;

/**
 * Farthest point sampling over a mask (DreamPlan section III-A): the first keypoint is the pixel
 * farthest from the centroid, each further one the pixel farthest from all before it. Ties go to
 * the first pixel in row-major order. Integer arithmetic throughout: a mask means the same
 * keypoints on every machine.
 *
 * @returns shape [count, 2], pixels (x, y) of the mask's picture; distinct and inside the mask.
 * @throws {DreamlogError} `MASK_EMPTY` when the mask has fewer pixels than `count`.
 */
export function sampleKeypoints(mask: Mask, count: number): Float32Array {
  const pixels = candidatePixels(mask, count);
  const { xs, ys } = pixels;
  const nearestSquared = new Int32Array(xs.length).fill(0x7fffffff);
  const keypoints = new Float32Array(count * 2);
  let chosen = farthestFromCentroid(xs, ys);
  for (let index = 0; index < count; index++) {
    const x = xs[chosen]!;
    const y = ys[chosen]!;
    keypoints[2 * index] = x;
    keypoints[2 * index + 1] = y;
    let farthest = -1;
    for (let at = 0; at < xs.length; at++) {
      const dx = xs[at]! - x;
      const dy = ys[at]! - y;
      const squared = Math.min(nearestSquared[at]!, dx * dx + dy * dy);
      nearestSquared[at] = squared;
      if (squared > farthest) {
        farthest = squared;
        chosen = at;
      }
    }
  }
  return keypoints;
}

interface Pixels {
  readonly xs: Int32Array;
  readonly ys: Int32Array;
}

/** The mask's pixels in row-major order, thinned where it is large. */
function candidatePixels(mask: Mask, count: number): Pixels {
  const all = pixelsOnGrid(mask, 1);
  if (all.xs.length < count) {
    throw new DreamlogError(
      "MASK_EMPTY",
      `expected a mask of at least ${count} pixels to place ${count} keypoints on, found ${all.xs.length}; check the box the object was labelled with`,
      { count, areaPx: all.xs.length },
    );
  }
  const step = Math.floor(Math.sqrt(all.xs.length / candidateCountMax));
  if (step < 2) return all;
  const thinned = pixelsOnGrid(mask, step);
  return thinned.xs.length < count ? all : thinned;
}

function pixelsOnGrid(mask: Mask, step: number): Pixels {
  const { widthPx, heightPx, bits } = mask;
  const xs: number[] = [];
  const ys: number[] = [];
  for (let y = 0; y < heightPx; y += step) {
    for (let x = 0; x < widthPx; x += step) {
      if (bits[y * widthPx + x] === 0) continue;
      xs.push(x);
      ys.push(y);
    }
  }
  return { xs: Int32Array.from(xs), ys: Int32Array.from(ys) };
}

/** @returns index of the pixel farthest from the centroid, which is rounded to a whole pixel. */
function farthestFromCentroid(xs: Int32Array, ys: Int32Array): number {
  const centreX = Math.round(xs.reduce((sum, x) => sum + x, 0) / xs.length);
  const centreY = Math.round(ys.reduce((sum, y) => sum + y, 0) / ys.length);
  let farthest = -1;
  let chosen = 0;
  for (let at = 0; at < xs.length; at++) {
    const dx = xs[at]! - centreX;
    const dy = ys[at]! - centreY;
    const squared = dx * dx + dy * dy;
    if (squared > farthest) {
      farthest = squared;
      chosen = at;
    }
  }
  return chosen;
}
