import { Worker, type Transferable } from "node:worker_threads";
import { fromPortableError, type WorkerMessage, type WorkerStart } from "./serve.ts";

/** Threads that run jobs of one kind, one job after the other each. */
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

interface Thread<Job, Result> {
  readonly worker: Worker;
  isReady: boolean;
  /** That it was handed, in the order in which it answers them. */
  readonly jobs: Waiting<Job, Result>[];
  /** Answers that are still to come, the one that it has started among them. */
  unanswered: number;
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
 * @param options.jobsAhead - jobs that a thread is handed besides the one it works on, so that it goes
 *   on at once when the calling thread is busy. Default 0.
 */
export function createWorkerPool<Job, Result>(options: {
  readonly module: URL;
  readonly size: number;
  readonly setup: unknown;
  readonly youngGenerationMb?: number;
  readonly jobsAhead?: number;
}): WorkerPool<Job, Result> {
  const { jobsAhead = 0 } = options;
  const queue: Waiting<Job, Result>[] = [];
  const closing = new Int32Array(new SharedArrayBuffer(4));
  let isClosed = false;
  const restListeners: (() => void)[] = [];
  const threads = Array.from({ length: options.size }, (): Thread<Job, Result> => ({
    worker: startWorker(options, closing),
    isReady: false,
    jobs: [],
    unanswered: 1,
  }));

  /** The one with the fewest jobs, if any takes another. */
  const freeThread = () => {
    const free = threads.filter(({ isReady, unanswered }) => isReady && unanswered <= jobsAhead);
    return free.sort((a, b) => a.unanswered - b.unanswered)[0];
  };
  const dispatch = () => {
    for (let thread = freeThread(); queue.length > 0 && thread; thread = freeThread()) {
      const waiting = queue.shift()!;
      // First, for it throws where a job cannot move to a thread.
      thread.worker.postMessage(waiting.job, waiting.transfer);
      thread.jobs.push(waiting);
      thread.unanswered += 1;
    }
  };
  const isResting = () => threads.every(({ unanswered }) => unanswered === 0);
  const tellResting = () => {
    if (!isResting()) return;
    for (const listener of restListeners.splice(0)) listener();
  };
  const failEverything = (error: Error) => {
    isClosed = true;
    const given = threads.flatMap(({ jobs }) => jobs.splice(0));
    for (const waiting of [...given, ...queue.splice(0)]) waiting.reject(error);
  };
  const receive = (thread: Thread<Job, Result>, message: WorkerMessage) => {
    if (message.type === "progress") {
      thread.jobs[0]?.onProgress?.(message.progress);
      return;
    }
    thread.unanswered -= 1;
    tellResting();
    switch (message.type) {
      case "ready":
        thread.isReady = true;
        break;
      case "done":
        thread.jobs.shift()?.resolve(message.result as Result);
        break;
      case "failed": {
        const error = fromPortableError(message.error);
        const waiting = thread.jobs.shift();
        // A thread that fails before its first job failed to start: so will the others.
        if (waiting === undefined) {
          failEverything(error);
          return;
        }
        waiting.reject(error);
      }
    }
    dispatch();
  };

  for (const thread of threads) {
    thread.worker.on("message", (message: WorkerMessage) => receive(thread, message));
    thread.worker.on("error", failEverything);
    thread.worker.on("exit", (code) => {
      thread.unanswered = 0;
      tellResting();
      if (!isClosed) failEverything(new Error(`a worker thread ended with exit code ${code}`));
    });
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
      if (!isResting()) await new Promise<void>((resolve) => restListeners.push(resolve));
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startWorker(
  options: {
    readonly module: URL;
    readonly setup: unknown;
    readonly youngGenerationMb?: number;
  },
  closing: Int32Array<SharedArrayBuffer>,
): Worker {
  const { setup, youngGenerationMb } = options;
  const workerData: WorkerStart = { module: moduleHere(options.module), setup, closing };
  return new Worker(new URL("./bootstrap.mjs", import.meta.url), {
    workerData,
    ...(youngGenerationMb === undefined
      ? {}
      : { resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb } }),
  });
}

/** In the built package, which this file is then a part of, every module is JavaScript. */
function moduleHere({ href }: URL): string {
  return import.meta.url.endsWith(".ts") ? href : href.replace(/\.ts$/, ".js");
}
