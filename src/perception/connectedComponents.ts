/** Maximal sets of set pixels that hang together by edges (4-neighbourhood). */
export interface Components {
  /** Row-major; 0 for background, component number from 1. */
  readonly labels: Int32Array;
  /** Pixels of each component; entry 0 is unused. */
  readonly areasPx: readonly number[];
}

/**
 * Labels connected components by filling row by row; numbered in row-major order of their first
 * pixel.
 *
 * @param bits - row-major, 0 or 1.
 */
export function labelComponents(bits: Uint8Array, widthPx: number): Components {
  const labels = new Int32Array(bits.length);
  const areasPx = [0];
  const stack: number[] = [];
  const visit = (next: number, label: number) => {
    if (bits[next] !== 1 || labels[next] !== 0) return;
    labels[next] = label;
    stack.push(next);
  };
  for (let seed = 0; seed < bits.length; seed++) {
    if (bits[seed] === 0 || labels[seed] !== 0) continue;
    const label = areasPx.length;
    let areaPx = 0;
    labels[seed] = label;
    stack.push(seed);
    while (stack.length > 0) {
      const at = stack.pop()!;
      areaPx++;
      const column = at % widthPx;
      if (column > 0) visit(at - 1, label);
      if (column < widthPx - 1) visit(at + 1, label);
      visit(at - widthPx, label);
      visit(at + widthPx, label);
    }
    areasPx.push(areaPx);
  }
  return { labels, areasPx };
}
