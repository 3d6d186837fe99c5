/** Width and height of a picture, pixels. */
export interface PlaneSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * Bilinear interpolation between pixel centres, row by row and then column by column: PyTorch's
 * `interpolate(mode="bilinear", align_corners=False)`.
 *
 * @param plane - row-major, shape [from.heightPx, from.widthPx].
 * @param isAntialiased - where the picture shrinks, average over what each new pixel covers, as
 *   torchvision's `Resize` does; without it only the two nearest count.
 * @returns row-major, shape [to.heightPx, to.widthPx].
 */
export function resizePlane(
  plane: Float32Array,
  from: PlaneSize,
  to: PlaneSize,
  isAntialiased: boolean,
): Float32Array {
  const columns = tapsOf(from.widthPx, to.widthPx, isAntialiased);
  const rows = tapsOf(from.heightPx, to.heightPx, isAntialiased);
  const narrow = new Float32Array(from.heightPx * to.widthPx);
  for (let y = 0; y < from.heightPx; y++) {
    const source = y * from.widthPx;
    for (let x = 0; x < to.widthPx; x++) {
      const first = columns.firsts[x]!;
      const taps = x * columns.count;
      let sum = 0;
      for (let tap = 0; tap < columns.count; tap++) {
        sum += columns.weights[taps + tap]! * plane[source + first + tap]!;
      }
      narrow[y * to.widthPx + x] = sum;
    }
  }
  const resized = new Float32Array(to.heightPx * to.widthPx);
  for (let y = 0; y < to.heightPx; y++) {
    for (let tap = 0; tap < rows.count; tap++) {
      const weight = rows.weights[y * rows.count + tap]!;
      const source = (rows.firsts[y]! + tap) * to.widthPx;
      for (let x = 0; x < to.widthPx; x++) {
        resized[y * to.widthPx + x]! += weight * narrow[source + x]!;
      }
    }
  }
  return resized;
}

/** Which old pixels each new one is a mean of. */
interface Taps {
  /** Pixels that count for one new pixel; some with weight 0. */
  readonly count: number;
  /** Shape [to]: the first of them. */
  readonly firsts: Int32Array;
  /** Shape [to, count]; adds up to 1 for each new pixel. */
  readonly weights: Float64Array;
}

function tapsOf(from: number, to: number, isAntialiased: boolean): Taps {
  const scale = from / to;
  const reach = isAntialiased ? Math.max(1, scale) : 1;
  const count = Math.min(from, 2 * Math.ceil(reach));
  const firsts = new Int32Array(to);
  const weights = new Float64Array(to * count);
  for (let at = 0; at < to; at++) {
    const centre = (at + 0.5) * scale - 0.5;
    const first = Math.min(Math.max(0, Math.ceil(centre - reach)), from - count);
    firsts[at] = first;
    let total = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = Math.max(0, 1 - Math.abs(first + tap - centre) / reach);
      weights[at * count + tap] = weight;
      total += weight;
    }
    for (let tap = 0; tap < count; tap++) weights[at * count + tap]! /= total;
  }
  return { count, firsts, weights };
}
