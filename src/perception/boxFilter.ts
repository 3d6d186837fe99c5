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
  const rowSums = new Int32Array(values.length);
  for (let y = 0; y < heightPx; y++) {
    const row = y * widthPx;
    let sum = values[row]! * radius;
    for (let x = 0; x <= radius; x++) sum += values[row + Math.min(x, widthPx - 1)]!;
    for (let x = 0; x < widthPx; x++) {
      rowSums[row + x] = sum;
      sum += values[row + Math.min(x + radius + 1, widthPx - 1)]!;
      sum -= values[row + Math.max(x - radius, 0)]!;
    }
  }
  const sums = new Int32Array(values.length);
  const columnSums = new Int32Array(widthPx);
  const addRow = (y: number, sign: 1 | -1) => {
    const row = Math.max(0, Math.min(heightPx - 1, y)) * widthPx;
    for (let x = 0; x < widthPx; x++) columnSums[x]! += sign * rowSums[row + x]!;
  };
  for (let y = -radius; y <= radius; y++) addRow(y, 1);
  for (let y = 0; y < heightPx; y++) {
    sums.set(columnSums, y * widthPx);
    addRow(y + radius + 1, 1);
    addRow(y - radius, -1);
  }
  return sums;
}
