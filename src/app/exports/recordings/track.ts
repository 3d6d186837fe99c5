/** Values by time, oldest first. */
export interface Track<Value> {
  readonly timesUs: readonly number[];
  readonly values: readonly Value[];
}

/** @param entries - in order of arrival, which is kept among equal times. */
export function trackOf<Value>(
  entries: readonly { readonly timeUs: number; readonly value: Value }[],
): Track<Value> {
  const sorted = [...entries].sort((a, b) => a.timeUs - b.timeUs);
  return { timesUs: sorted.map(({ timeUs }) => timeUs), values: sorted.map(({ value }) => value) };
}

/** @returns index of the last entry at or before a time; −1 before the first. */
export function newestAt(timesUs: ArrayLike<number>, timeUs: number): number {
  let low = 0;
  let high = timesUs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesUs[middle]! <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** @returns index of the entry nearest to a time, the earlier of two that are equally near; −1 for none. */
export function nearestTo(timesUs: ArrayLike<number>, timeUs: number): number {
  const before = newestAt(timesUs, timeUs);
  const after = before + 1;
  if (after === timesUs.length) return before;
  if (before < 0) return after;
  return timesUs[after]! - timeUs < timeUs - timesUs[before]! ? after : before;
}
