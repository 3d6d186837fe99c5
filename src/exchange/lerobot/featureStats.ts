/** Statistics of one feature, by dimension or channel, as LeRobot normalises with them. */
export interface FeatureStats {
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  /** Population standard deviation. */
  readonly std: readonly number[];
  readonly q01: readonly number[];
  readonly q10: readonly number[];
  readonly q50: readonly number[];
  readonly q90: readonly number[];
  readonly q99: readonly number[];
  /** Rows, or pictures. */
  readonly count: number;
}

export const quantiles = { q01: 0.01, q10: 0.1, q50: 0.5, q90: 0.9, q99: 0.99 } as const;

/**
 * @param values - shape [rowCount, width], row-major.
 * @returns exact statistics by column; quantiles interpolate linearly between neighbours.
 */
export function statsOfColumns(values: ArrayLike<number>, width: number): FeatureStats {
  const columns = Array.from({ length: width }, (_, column) => {
    const sorted = new Float64Array(values.length / width);
    for (let row = 0; row < sorted.length; row++) sorted[row] = values[row * width + column]!;
    sorted.sort();
    let sum = 0;
    for (const value of sorted) sum += value;
    const mean = sum / sorted.length;
    let squares = 0;
    for (const value of sorted) squares += (value - mean) ** 2;
    return { sorted, mean, std: Math.sqrt(squares / sorted.length) };
  });
  const quantileOf = (q: number) => columns.map(({ sorted }) => quantileOfSorted(sorted, q));
  return {
    min: columns.map(({ sorted }) => sorted[0]!),
    max: columns.map(({ sorted }) => sorted.at(-1)!),
    mean: columns.map(({ mean }) => mean),
    std: columns.map(({ std }) => std),
    q01: quantileOf(quantiles.q01),
    q10: quantileOf(quantiles.q10),
    q50: quantileOf(quantiles.q50),
    q90: quantileOf(quantiles.q90),
    q99: quantileOf(quantiles.q99),
    count: values.length / width,
  };
}

function quantileOfSorted(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}

/** How often each 8-bit value occurs. */
export interface PixelHistogram {
  /** Shape [3, 256], channel by channel. */
  readonly counts: Float64Array;
  pictureCount: number;
}

export function createPixelHistogram(): PixelHistogram {
  return { counts: new Float64Array(3 * 256), pictureCount: 0 };
}

/** Counts the pixels of an interleaved RGB picture. */
export function countPixels(histogram: PixelHistogram, pixels: Uint8Array): void {
  const { counts } = histogram;
  for (let at = 0; at < pixels.length; at += 3) {
    counts[pixels[at]!]! += 1;
    counts[256 + pixels[at + 1]!]! += 1;
    counts[512 + pixels[at + 2]!]! += 1;
  }
  histogram.pictureCount += 1;
}

/** Adds what another histogram counted. */
export function addPixels(histogram: PixelHistogram, other: PixelHistogram): void {
  other.counts.forEach((count, at) => (histogram.counts[at]! += count));
  histogram.pictureCount += other.pictureCount;
}

/** Exact statistics by channel of every pixel counted, in [0, 1]. */
export function statsOfPixels(histogram: PixelHistogram): FeatureStats {
  const channels = [0, 1, 2].map((channel) => {
    const counts = histogram.counts.subarray(256 * channel, 256 * (channel + 1));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const mean = counts.reduce((sum, count, value) => sum + count * value, 0) / total;
    const variance =
      counts.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
    return { counts, total, mean: mean / 255, std: Math.sqrt(variance) / 255 };
  });
  /** The smallest value that at least `rank` pixels do not exceed. */
  const valueAt = (rankOf: (total: number) => number) =>
    channels.map(({ counts, total }) => {
      let below = 0;
      const rank = rankOf(total);
      return counts.findIndex((count) => (below += count) >= rank) / 255;
    });
  const quantileOf = (q: number) => valueAt((total) => Math.max(1, q * total));
  return {
    min: valueAt(() => 1),
    max: valueAt((total) => total),
    mean: channels.map(({ mean }) => mean),
    std: channels.map(({ std }) => std),
    q01: quantileOf(quantiles.q01),
    q10: quantileOf(quantiles.q10),
    q50: quantileOf(quantiles.q50),
    q90: quantileOf(quantiles.q90),
    q99: quantileOf(quantiles.q99),
    count: histogram.pictureCount,
  };
}
