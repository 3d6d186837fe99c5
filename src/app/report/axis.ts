/** One axis of a chart. */
export interface Axis {
  readonly scale: "linear" | "log";
  /** Ascending values that get a tick and a label. */
  readonly ticks: readonly number[];
  /** @returns where a value lies: 0 at the low end, 1 at the high end. */
  place(value: number): number;
}

/** Values that span more than this ratio are read better on a logarithmic scale. */
const logRatio = 50;
const wantedTicks = 5;

/** @returns an axis over all finite values, logarithmic where they are positive and span decades. */
export function createValueAxis(values: readonly number[]): Axis {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  if (finite.length === 0) return createLinearAxis(0, 1);
  if (low > 0 && high / low > logRatio) return createLogAxis(low, high);
  // A positive quantity that comes near zero is drawn from zero.
  return createLinearAxis(low > 0 && low < 0.35 * high ? 0 : low, high);
}

/** @returns an axis whose ends are round numbers at or beyond `low` and `high`. */
export function createLinearAxis(low: number, high: number): Axis {
  const step = roundStep((high > low ? high - low : Math.max(1, Math.abs(high))) / wantedTicks);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => tidy((first + at) * step));
  return axisOf("linear", ticks, (value) => value / step, first, last);
}

/** @returns an axis from the decade below `low` to the one above `high`; both positive. */
export function createLogAxis(low: number, high: number): Axis {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  const every = Math.ceil((last - first) / wantedTicks);
  const ticks: number[] = [];
  for (let exponent = first; exponent <= last; exponent += every) {
    ticks.push(Number(`1e${exponent}`));
  }
  return axisOf("log", ticks, Math.log10, first, last);
}

function axisOf(
  scale: Axis["scale"],
  ticks: readonly number[],
  measure: (value: number) => number,
  first: number,
  last: number,
): Axis {
  return { scale, ticks, place: (value) => (measure(value) - first) / (last - first) };
}

/** @returns the smallest of 1, 2, 5 × a power of ten that is at least `least`. */
function roundStep(least: number): number {
  const power = Number(`1e${Math.floor(Math.log10(least))}`);
  return ([1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power;
}

/** Takes off the rounding error that a multiple of a decimal step carries. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
