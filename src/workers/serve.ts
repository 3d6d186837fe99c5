import { parentPort, type Transferable } from "node:worker_threads";
import { DreamlogError, invariant, type ErrorCode } from "../core/errors.ts";

/** A job's answer, with the buffers that move to the asking thread instead of being copied. */
export interface JobAnswer<Result> {
  readonly result: Result;
  readonly transfer?: readonly Transferable[];
}

/**
 * What a worker module exports: built once a thread, then called for one job after the other.
 *
 * `report` throws `INTERRUPTED` once the pool is being closed, so a long job that reports now and then
 * ends soon.
 */
export type CreateHandler<Setup, Job, Result> = (
  setup: Setup,
) => Promise<(job: Job, report: (progress: unknown) => void) => Promise<JobAnswer<Result>>>;

/** An error as it travels between threads; a DreamlogError arrives as one. */
export interface PortableError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: ErrorCode | null;
  readonly context: Readonly<Record<string, unknown>>;
}

export function toPortableError(error: unknown): PortableError {
  if (error instanceof DreamlogError) {
    return { message: error.message, stack: error.stack, code: error.code, context: error.context };
  }
  return error instanceof Error
    ? { message: error.message, stack: error.stack, code: null, context: {} }
    : { message: String(error), stack: undefined, code: null, context: {} };
}

export function fromPortableError(portable: PortableError): Error {
  const error =
    portable.code === null
      ? new Error(portable.message)
      : new DreamlogError(portable.code, portable.message, portable.context);
  if (portable.stack !== undefined) error.stack = portable.stack;
  return error;
}

export type WorkerMessage =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly progress: unknown }
  | { readonly type: "done"; readonly result: unknown }
  | { readonly type: "failed"; readonly error: PortableError };

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly module: string;
  readonly setup: unknown;
  /** One number, shared with the pool: 1 once it is being closed. */
  readonly closing: Int32Array<SharedArrayBuffer>;
}

/** Runs in the worker thread: loads the module's `createHandler` and answers jobs in order. */
export async function serve(data: WorkerStart): Promise<void> {
  const port = parentPort;
  invariant(port !== null, "serve runs in a worker thread");
  const post = (message: WorkerMessage, transfer: readonly Transferable[] = []) => {
    port.postMessage(message, [...transfer]);
  };
  const report = (progress: unknown) => {
    // Shared memory, for no message arrives while a job keeps the thread busy.
    if (Atomics.load(data.closing, 0) === 1) {
      throw new DreamlogError("INTERRUPTED", "the job was cut short; run it again");
    }
    post({ type: "progress", progress });
  };
  try {
    const { createHandler } = (await import(data.module)) as {
      createHandler: CreateHandler<unknown, unknown, unknown>;
    };
    const handle = await createHandler(data.setup);
    // Another job may come while one waits for the disk: it is begun when that one is answered.
    let answered = Promise.resolve();
    port.on("message", (job: unknown) => {
      answered = answered
        .then(() => handle(job, report))
        .then(
          ({ result, transfer }) => post({ type: "done", result }, transfer),
          (error: unknown) => post({ type: "failed", error: toPortableError(error) }),
        );
    });
    post({ type: "ready" });
  } catch (error) {
    post({ type: "failed", error: toPortableError(error) });
  }
}
