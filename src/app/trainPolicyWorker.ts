import { trainPolicy, type PolicyTraining, type TrainedPolicy } from "../learning/trainPolicy.ts";
import type { CreateHandler } from "../workers/serve.ts";

/** Fine-tunes in a thread of its own: the engine blocks the thread it runs on. */
export const createHandler: CreateHandler<
  null,
  Omit<PolicyTraining, "onProgress">,
  TrainedPolicy
> = () =>
  Promise.resolve(async (job, report) => ({
    result: await trainPolicy({ ...job, onProgress: (done, total) => report({ done, total }) }),
  }));
