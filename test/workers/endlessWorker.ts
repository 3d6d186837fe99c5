import type { CreateHandler } from "../../src/workers/serve.ts";

/** Works for ever without returning to the event loop, as native code does, and reports now and then. */
export const createHandler: CreateHandler<null, null, never> = () =>
  Promise.resolve((_job, report) => {
    for (let step = 0; ; step++) {
      if (step % 1_000_000 === 0) report(step);
    }
  });
