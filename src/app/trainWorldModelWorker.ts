import {
  trainWorldModel,
  type TrainedWorldModel,
  type WorldModelTraining,
} from "../learning/trainWorldModel.ts";
import type { CreateHandler } from "../workers/serve.ts";

/** Trains the control branch in a thread of its own: the engine blocks the thread it runs on. */
export const createHandler: CreateHandler<
  null,
  Omit<WorldModelTraining, "onProgress">,
  TrainedWorldModel
> = () =>
  Promise.resolve(async (job, report) => ({
    result: await trainWorldModel({ ...job, onProgress: (done, total) => report({ done, total }) }),
  }));
