import { Worker } from "node:worker_threads";
import { fromPortableError, type WorkerMessage } from "./serve.ts";

/** Threads that run jobs of one kind, one job at a time each. */
export interface WorkerPool<Job, Result> {
  readonly size: number;
  /** Waits for a free thread. Rejects with what the job threw, or when the pool is closed. */
  run(job: Job, onProgress?: (progress: unknown) => void): Promise<Result>;
  close(): Promise<void>;
}

interface Waiting<Job, Result> {
  readonly job: Job;
  readonly onProgress: ((progress: unknown) => void) | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts `size` threads on a module that exports `createHandler`. Callers bound how many jobs wait:
 * the pool queues whatever it is handed.
 *
 * @param options.module - URL of the module, `import.meta.url`-relative.
 * @param options.setup - handed to `createHandler` in every thread; structured-cloneable.
 */
export function createWorkerPool<Job, Result>(options: {
  readonly module: URL;
  readonly size: number;
  readonly setup: unknown;
}): WorkerPool<Job, Result> {
  const queue: Waiting<Job, Result>[] = [];
  const running = new Map<Worker, Waiting<Job, Result>>();
  const idle: Worker[] = [];
  const threads: Worker[] = [];
  let isClosed = false;

  const dispatch = () => {
    while (idle.length > 0 && queue.length > 0) {
      const worker = idle.shift()!;
      const waiting = queue.shift()!;
      running.set(worker, waiting);
      worker.postMessage(waiting.job);
    }
  };
  const settle = (worker: Worker): Waiting<Job, Result> | undefined => {
    const waiting = running.get(worker);
    running.delete(worker);
    return waiting;
  };
  const failEverything = (error: Error) => {
    isClosed = true;
    for (const waiting of [...running.values(), ...queue.splice(0)]) waiting.reject(error);
    running.clear();
  };
  const receive = (worker: Worker, message: WorkerMessage) => {
    switch (message.type) {
      case "progress":
        running.get(worker)?.onProgress?.(message.progress);
        return;
      case "ready":
        break;
      case "done":
        settle(worker)?.resolve(message.result as Result);
        break;
      case "failed": {
        const error = fromPortableError(message.error);
        const waiting = settle(worker);
        // A thread that fails before its first job failed to start: so will the others.
        if (waiting === undefined) {
          failEverything(error);
          return;
        }
        waiting.reject(error);
      }
    }
    idle.push(worker);
    dispatch();
  };

  for (let thread = 0; thread < options.size; thread++) {
    const worker = new Worker(new URL("./bootstrap.mjs", import.meta.url), {
      workerData: { module: options.module.href, setup: options.setup },
    });
    worker.on("message", (message: WorkerMessage) => receive(worker, message));
    worker.on("error", failEverything);
    worker.on("exit", (code) => {
      if (!isClosed) failEverything(new Error(`a worker thread ended with exit code ${code}`));
    });
    threads.push(worker);
  }

  return {
    size: options.size,
    run: (job, onProgress) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(new Error("the worker pool is closed"));
          return;
        }
        queue.push({ job, onProgress, resolve, reject });
        dispatch();
      }),
    async close() {
      isClosed = true;
      failEverything(new Error("the worker pool was closed"));
      await Promise.all(threads.map((worker) => worker.terminate()));
    },
  };
}
