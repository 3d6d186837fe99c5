import { setTimeout as sleep } from "node:timers/promises";
import type { CreateHandler } from "../../src/workers/serve.ts";

/** Counts jobs in shared memory as they begin, and answers how many are under way at once. */
export const createHandler: CreateHandler<Int32Array<SharedArrayBuffer>, null, number> = (
  begun,
) => {
  let underWay = 0;
  return Promise.resolve(async () => {
    underWay += 1;
    Atomics.add(begun, 0, 1);
    Atomics.notify(begun, 0);
    await sleep(5);
    const result = underWay;
    underWay -= 1;
    return { result };
  });
};
