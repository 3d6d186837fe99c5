/**
 * Exact Euclidean distance transform: along columns, then over each row. Whole numbers and square
 * roots only.
 *
 * @param isSet - row-major, shape [sidePx, sidePx].
 * @returns by pixel: distance to the nearest set pixel, pixels; Infinity when none is set.
 */
export function distanceField(isSet: (at: number) => boolean, sidePx: number): Float64Array {
  const squared = squaredAlongColumns(isSet, sidePx);
  const distances = new Float64Array(sidePx * sidePx);
  for (let y = 0; y < sidePx; y++) {
    const row = y * sidePx;
    for (let x = 0; x < sidePx; x++) {
      let least = Infinity;
      for (let other = 0; other < sidePx; other++) {
        least = Math.min(least, squared[row + other]! + (x - other) * (x - other));
      }
      distances[row + x] = Math.sqrt(least);
    }
  }
  return distances;
}

/** By pixel: squared distance to the nearest set pixel of its own column. */
function squaredAlongColumns(isSet: (at: number) => boolean, sidePx: number): Float64Array {
  const squared = new Float64Array(sidePx * sidePx);
  for (let x = 0; x < sidePx; x++) {
    let above = Infinity;
    for (let y = 0; y < sidePx; y++) {
      above = isSet(y * sidePx + x) ? 0 : above + 1;
      squared[y * sidePx + x] = above * above;
    }
    let below = Infinity;
    for (let y = sidePx - 1; y >= 0; y--) {
      const at = y * sidePx + x;
      below = squared[at] === 0 ? 0 : below + 1;
      squared[at] = Math.min(squared[at]!, below * below);
    }
  }
  return squared;
}
