import { Worker, type Transferable } from "node:worker_threads";
import { fromPortableError, type WorkerMessage, type WorkerStart } from "./serve.ts";

/** Threads that run jobs of one kind, one job at a time each. */
export interface WorkerPool<Job, Result> {
  readonly size: number;
  /**
   * Waits for a free thread. Rejects with what the job threw, or when the pool is closed.
   *
   * @param transfer - buffers of the job that move to the thread in place of being copied.
   */
  run(
    job: Job,
    onProgress?: (progress: unknown) => void,
    transfer?: readonly Transferable[],
  ): Promise<Result>;
  /**
   * Rejects what runs and waits, and ends the threads: each once its job is done or next reports, for
   * a thread that dies inside native code takes the process with it.
   */
  close(): Promise<void>;
}

interface Waiting<Job, Result> {
  readonly job: Job;
  readonly onProgress: ((progress: unknown) => void) | undefined;
  readonly transfer: readonly Transferable[];
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts `size` threads on a module that exports `createHandler`. Callers bound how many jobs wait:
 * the pool queues whatever it is handed.
 *
 * @param options.module - URL of the TypeScript module, `import.meta.url`-relative; in the built package,
 *   what it was compiled to is run.
 * @param options.setup - handed to `createHandler` in every thread; structured-cloneable.
 * @param options.youngGenerationMb - of each thread's heap, from the start and at most, for threads
 *   whose memory must not grow with their work; V8's own limit when left out.
 */
export function createWorkerPool<Job, Result>(options: {
  readonly module: URL;
  readonly size: number;
  readonly setup: unknown;
  readonly youngGenerationMb?: number;
}): WorkerPool<Job, Result> {
  const queue: Waiting<Job, Result>[] = [];
  const running = new Map<Worker, Waiting<Job, Result>>();
  const idle: Worker[] = [];
  const threads: Worker[] = [];
  /** Threads that are starting or at work. */
  const busy = new Set<Worker>();
  const closing = new Int32Array(new SharedArrayBuffer(4));
  let isClosed = false;
  const restListeners: (() => void)[] = [];

  const dispatch = () => {
    while (idle.length > 0 && queue.length > 0) {
      const worker = idle.shift()!;
      const waiting = queue.shift()!;
      busy.add(worker);
      running.set(worker, waiting);
      worker.postMessage(waiting.job, waiting.transfer);
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
  const rest = (worker: Worker) => {
    busy.delete(worker);
    if (busy.size > 0) return;
    for (const listener of restListeners.splice(0)) listener();
  };
  const receive = (worker: Worker, message: WorkerMessage) => {
    if (message.type === "progress") {
      running.get(worker)?.onProgress?.(message.progress);
      return;
    }
    rest(worker);
    switch (message.type) {
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
    const { setup, youngGenerationMb } = options;
    const workerData: WorkerStart = { module: moduleHere(options.module), setup, closing };
    const worker = new Worker(new URL("./bootstrap.mjs", import.meta.url), {
      workerData,
      ...(youngGenerationMb === undefined
        ? {}
        : { resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb } }),
    });
    busy.add(worker);
    worker.on("message", (message: WorkerMessage) => receive(worker, message));
    worker.on("error", failEverything);
    worker.on("exit", (code) => {
      rest(worker);
      if (!isClosed) failEverything(new Error(`a worker thread ended with exit code ${code}`));
    });
    threads.push(worker);
  }

  return {
    size: options.size,
    run: (job, onProgress, transfer = []) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(new Error("the worker pool is closed"));
          return;
        }
        queue.push({ job, onProgress, transfer, resolve, reject });
        dispatch();
      }),
    async close() {
      isClosed = true;
      Atomics.store(closing, 0, 1);
      failEverything(new Error("the worker pool was closed"));
      if (busy.size > 0) await new Promise<void>((resolve) => restListeners.push(resolve));
      await Promise.all(threads.map((worker) => worker.terminate()));
    },
  };
}

/** In the built package, which this file is then a part of, every module is JavaScript. */
function moduleHere({ href }: URL): string {
  return import.meta.url.endsWith(".ts") ? href : href.replace(/\.ts$/, ".js");
}
