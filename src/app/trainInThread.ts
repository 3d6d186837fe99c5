import { createWorkerPool } from "../workers/workerPool.ts";
import { interrupted, type RunContext } from "./runContext.ts";

/**
 * Runs one training job on a thread of its own, with progress in optimiser steps. Training is one
 * derivation: interrupted, it leaves nothing and begins anew.
 *
 * @throws {DreamlogError} `INTERRUPTED` when the run is asked to stop meanwhile.
 */
export async function trainInThread<Job, Result>(
  context: RunContext,
  training: {
    readonly stage: string;
    readonly module: URL;
    readonly job: Job;
    readonly steps: number;
    readonly summaryOf: (result: Result) => string;
  },
): Promise<Result> {
  const { progress, signal } = context;
  const { stage, module, job, steps } = training;
  progress.begin(stage, steps);
  const pool = createWorkerPool<Job, Result>({ module, size: 1, setup: null });
  const stop = () => void pool.close();
  signal.addEventListener("abort", stop, { once: true });
  let shown = 0;
  try {
    const result = await pool.run(job, (message) => {
      const { done } = message as { readonly done: number };
      progress.advance(done - shown);
      shown = done;
    });
    progress.end(training.summaryOf(result));
    return result;
  } catch (error) {
    throw signal.aborted ? interrupted(stage) : error;
  } finally {
    signal.removeEventListener("abort", stop);
    await pool.close();
  }
}
