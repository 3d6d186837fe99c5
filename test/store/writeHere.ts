import type { WriteSetup } from "../../store/writeJob.ts";
import type { WriteThread } from "../../store/writeQueue.ts";
import { createHandler } from "../../store/writeThread.ts";

/**
 * Does the work of the writing thread in this one, which starts at once. What passes between the two
 * is cloned and transferred as between threads.
 */
export function writeHere(setup: WriteSetup): WriteThread {
  const handler = new Promise<Awaited<ReturnType<typeof createHandler>>>((resolve) =>
    resolve(createHandler(setup)),
  );
  let answered: Promise<unknown> = handler;
  return {
    run(job, transfer) {
      const moved = structuredClone(job, { transfer: [...transfer] as ArrayBuffer[] });
      const answer = answered.then(async () => {
        const { result } = await (await handler)(moved, () => undefined);
        return structuredClone(result);
      });
      answered = answer.catch(() => undefined);
      return answer;
    },
    close: () => Promise.resolve(),
  };
}
