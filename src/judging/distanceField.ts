import { invariant } from "../core/errors.ts";

/** Room for a field, and for what is on the way to it: fields of one size can take turns in it. */
export interface FieldRoom {
  readonly squared: Float64Array;
  readonly distances: Float64Array;
}

export function createFieldRoom(sidePx: number): FieldRoom {
  const pixels = sidePx * sidePx;
  return { squared: new Float64Array(pixels), distances: new Float64Array(pixels) };
}

/**
 * Exact Euclidean distance transform: along columns, then over each row. Whole numbers and square
 * roots only.
 *
 * @param isSet - 0 or 1, row-major, shape [sidePx, sidePx].
 * @param room - of the same size; what it held is gone.
 * @returns by pixel: distance to the nearest set pixel, pixels; Infinity when none is set. In `room`.
 */
export function distanceField(
  isSet: Uint8Array,
  sidePx: number,
  room: FieldRoom = createFieldRoom(sidePx),
): Float64Array {
  const { squared, distances } = room;
  invariant(distances.length === isSet.length, "a field fits its room");
  fillAlongColumns(squared, isSet, sidePx);
  for (let y = 0; y < sidePx; y++) {
    const row = y * sidePx;
    for (let x = 0; x < sidePx; x++) {
      distances[row + x] = Math.sqrt(leastInRow(squared, row, x, sidePx));
    }
  }
  return distances;
}

/** Squared distance to the nearest set pixel, of those nearest in each column. */
function leastInRow(squared: Float64Array, row: number, x: number, sidePx: number): number {
  let least = squared[row + x]!;
  // Outwards: columns further away than the nearest pixel so far have no nearer one.
  for (let away = 1; away < sidePx && away * away < least; away++) {
    const across = away * away;
    if (x >= away) {
      const left = squared[row + x - away]! + across;
      if (left < least) least = left;
    }
    if (x + away < sidePx) {
      const right = squared[row + x + away]! + across;
      if (right < least) least = right;
    }
  }
  return least;
}

/** By pixel: squared distance to the nearest set pixel of its own column. */
function fillAlongColumns(squared: Float64Array, isSet: Uint8Array, sidePx: number): void {
  for (let x = 0; x < sidePx; x++) {
    let above = Infinity;
    for (let y = 0; y < sidePx; y++) {
      above = isSet[y * sidePx + x] === 1 ? 0 : above + 1;
      squared[y * sidePx + x] = above * above;
    }
    let below = Infinity;
    for (let y = sidePx - 1; y >= 0; y--) {
      const at = y * sidePx + x;
      below = squared[at] === 0 ? 0 : below + 1;
      squared[at] = Math.min(squared[at]!, below * below);
    }
  }
}
