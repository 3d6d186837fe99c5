import { availableParallelism } from "node:os";
import type { OpenLog } from "../../store/openLog.ts";
import { createWorkerPool } from "../workers/workerPool.ts";
import type { VerifyJob, VerifyResult } from "./verify/verifyWorker.ts";
import { countsOf, problemsIn, rangesOf, verifyLog, type LogCheck } from "./verifyLog.ts";

/** Below this much, one thread is done before others have started. */
const smallLog = { events: 50_000, bytes: 200_000_000 } as const;
const rangeEvents = 50_000;
const digits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

export interface VerifyOptions {
  /** Threads; as many as there are processors when left out. A small log is checked without. */
  readonly jobs?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** `verifyLog` on several threads, each with a connection of its own: parts of the events and blobs. */
export async function verifyLogFile(open: OpenLog, options: VerifyOptions = {}): Promise<LogCheck> {
  const { onProgress = () => undefined } = options;
  const { events, bytes } = await open.log.stats();
  const isSmall = events < smallLog.events && bytes < smallLog.bytes;
  const jobs = options.jobs ?? (isSmall ? 1 : availableParallelism());
  if (jobs <= 1) return verifyLog(open.tables, onProgress);

  const parts: VerifyJob[] = [
    { kind: "structure" },
    ...rangesOf(await open.log.lastPosition(), rangeEvents).map((range) => ({
      kind: "events" as const,
      range,
    })),
    ...digits.map((prefix) => ({ kind: "blobs" as const, prefix })),
  ];
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const pool = createWorkerPool<VerifyJob, VerifyResult>({
    module: new URL(`./verify/verifyWorker.${extension}`, import.meta.url),
    size: jobs,
    setup: { path: open.path },
  });
  try {
    let done = 0;
    // The pool hands out one part a thread; what waits is small.
    const results = await Promise.all(
      parts.map(async (part) => {
        const result = await pool.run(part);
        onProgress((done += 1), parts.length);
        return result;
      }),
    );
    const problems = problemsIn(open.tables, {
      structure: results.flatMap(({ structure }) => structure),
      events: results.flatMap(({ events: check }) => (check === null ? [] : [check])),
      blobs: results.flatMap(({ blobs }) => blobs),
    });
    return { isSound: problems.length === 0, ...countsOf(open.tables), problems };
  } finally {
    await pool.close();
  }
}
