import fc from "fast-check";
import { cropWindow, keypointCount, tasks, topCamera } from "../core/cell.ts";
import type { Start } from "../app/regress/scorePlanner.ts";

export interface KeypointConstraints {
  /** 1 or more. Default: what the cell samples on a mask. */
  readonly count?: number;
}

/**
 * A keypoint set: shape [count, 2], distinct whole pixels of the top camera's frame, all within the
 * workspace. Shrinks towards the workspace's upper left corner.
 */
export function arbitraryKeypoints({
  count = keypointCount,
}: KeypointConstraints = {}): fc.Arbitrary<Float32Array> {
  const { x, y, width, height } = cropWindow(topCamera);
  const pixel = fc.tuple(
    fc.integer({ min: x, max: x + width - 1 }),
    fc.integer({ min: y, max: y + height - 1 }),
  );
  return fc
    .uniqueArray(pixel, { minLength: count, maxLength: count, selector: String })
    .map((pixels) => Float32Array.from(pixels.flat()));
}

/** Starts have numbers below this. */
const startCount = 10_000;

/** A start of the simulated cell, apart from those of training and of evaluation. Shrinks to the first. */
export function arbitraryStart(): fc.Arbitrary<Start> {
  return fc
    .record({ task: fc.constantFrom(...tasks), number: fc.nat(startCount - 1) })
    .map(({ task, number }) => ({ task, seed: `test/${task}/${number}` }));
}
