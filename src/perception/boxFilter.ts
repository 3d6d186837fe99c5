/**
 * Sums every pixel's (2 · radius + 1)² neighbourhood; the border pixels stand for what lies beyond
 * them. Running sums: the cost does not depend on the radius.
 *
 * @param values - row-major.
 */
export function boxSums(
  values: Uint8Array,
  widthPx: number,
  heightPx: number,
  radius: number,
): Int32Array {
  const rowSums = sumsAlongRows(values, widthPx, radius);
  const startOf = (y: number) => Math.max(0, Math.min(heightPx - 1, y)) * widthPx;
  const columnSums = new Int32Array(widthPx);
  for (let y = -radius; y <= radius; y++) {
    const row = startOf(y);
    for (let x = 0; x < widthPx; x++) columnSums[x]! += rowSums[row + x]!;
  }
  const sums = new Int32Array(values.length);
  for (let y = 0; y < heightPx; y++) {
    const row = y * widthPx;
    const entering = startOf(y + radius + 1);
    const leaving = startOf(y - radius);
    for (let x = 0; x < widthPx; x++) {
      const sum = columnSums[x]!;
      sums[row + x] = sum;
      columnSums[x] = sum + rowSums[entering + x]! - rowSums[leaving + x]!;
    }
  }
  return sums;
}

function sumsAlongRows(values: Uint8Array, widthPx: number, radius: number): Int32Array {
  const sums = new Int32Array(values.length);
  // A row with its border pixels repeated, so that no place has to be held inside the picture.
  const padded = new Uint8Array(widthPx + 2 * radius + 1);
  for (let row = 0; row < values.length; row += widthPx) {
    padded.fill(values[row]!, 0, radius);
    padded.set(values.subarray(row, row + widthPx), radius);
    padded.fill(values[row + widthPx - 1]!, radius + widthPx);
    let sum = 0;
    for (let at = 0; at <= 2 * radius; at++) sum += padded[at]!;
    for (let x = 0; x < widthPx; x++) {
      sums[row + x] = sum;
      sum += padded[x + 2 * radius + 1]! - padded[x]!;
    }
  }
  return sums;
}
