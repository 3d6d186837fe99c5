/** The tables are synchronous and the ports are not: what `work` throws becomes a rejection. */
export function promiseOf<Result>(work: () => Result): Promise<Result> {
  return new Promise((resolve) => resolve(work()));
}
