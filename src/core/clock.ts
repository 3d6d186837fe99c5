/** Source of time. Integer microseconds since the Unix epoch. */
export interface Clock {
  nowUs(): number;
}

/** Wall time of this machine; the only place that reads it. */
export function createSystemClock(): Clock {
  return { nowUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000) };
}

/** A clock that moves only when told to: simulated sessions and tests. */
export class ManualClock implements Clock {
  #nowUs: number;

  constructor(startUs = 0) {
    this.#nowUs = startUs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  advanceUs(deltaUs: number): void {
    this.#nowUs += Math.round(deltaUs);
  }
}

/** Elapsed wall time for progress display and reports; never enters the log. */
export function createStopwatch(): { readonly seconds: () => number } {
  const start = performance.now();
  return { seconds: () => (performance.now() - start) / 1000 };
}
