/**
 * Sums every pixel's (2 · radius + 1)² neighbourhood; the border pixels stand for what lies beyond
 * them. Running sums, a row at a time: the cost does not depend on the radius, and no picture of sums
 * is made.
 *
 * @param values - row-major.
 * @param take - called for each row from the top down with its sums, which the next row writes over.
 */
export function boxSumsByRow(
  values: Uint8Array,
  widthPx: number,
  heightPx: number,
  radius: number,
  take: (sums: Int32Array, y: number) => void,
): void {
  const startOf = (y: number) => Math.max(0, Math.min(heightPx - 1, y)) * widthPx;
  // A row of column sums with its ends repeated, so that no place has to be held inside the picture.
  const columns = new Int32Array(widthPx + 2 * radius + 1);
  for (let y = -radius; y <= radius; y++) {
    const row = startOf(y);
    for (let x = 0; x < widthPx; x++) columns[x + radius]! += values[row + x]!;
  }
  const sums = new Int32Array(widthPx);
  for (let y = 0; y < heightPx; y++) {
    columns.fill(columns[radius]!, 0, radius);
    columns.fill(columns[radius + widthPx - 1]!, radius + widthPx);
    sumAlong(columns, 2 * radius + 1, sums);
    take(sums, y);
    const entering = startOf(y + radius + 1);
    const leaving = startOf(y - radius);
    for (let x = 0; x < widthPx; x++) {
      columns[x + radius]! += values[entering + x]! - values[leaving + x]!;
    }
  }
}

/** Writes into each place of `sums` the sum of as many `values` from there on. */
function sumAlong(values: Int32Array, count: number, sums: Int32Array): void {
  let sum = 0;
  for (let at = 0; at < count; at++) sum += values[at]!;
  for (let at = 0; at < sums.length; at++) {
    sums[at] = sum;
    sum += values[at + count]! - values[at]!;
  }
}
