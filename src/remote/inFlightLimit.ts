/** Lets so many pieces of work run at a time; the others wait their turn, first come first served. */
export type InFlightLimit = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** @param inFlightMax - 1 or more. */
export function createInFlightLimit(inFlightMax: number): InFlightLimit {
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  return async (work) => {
    if (inFlight >= inFlightMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else inFlight += 1;
    try {
      return await work();
    } finally {
      // The place goes to the next in line, so nobody who comes now can take it first.
      const next = waiting.shift();
      if (next === undefined) inFlight -= 1;
      else next();
    }
  };
}
