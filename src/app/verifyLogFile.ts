import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { OpenLog } from "../../store/openLog.ts";
import { createWorkerPool } from "../workers/workerPool.ts";
import { partsOf, type PartFindings, type VerifyPart } from "./verify/verifyPart.ts";
import { joinFindings, verifyLog, type LogCheck } from "./verifyLog.ts";

/** Below this much, in one range of events, one thread is done before others have started. */
const smallLogBytes = 200_000_000;
const rangeEvents = 50_000;

export interface VerifyOptions {
  /** Threads; as many as there are processors when left out. A small log is checked without. */
  readonly jobs?: number;
  /** Parts done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** `verifyLog` on several threads, each with a connection of its own: parts of the events and blobs. */
export async function verifyLogFile(open: OpenLog, options: VerifyOptions = {}): Promise<LogCheck> {
  const { onProgress = () => undefined } = options;
  const parts = partsOf(open.tables, rangeEvents);
  const ranges = parts.filter(({ kind }) => kind === "events");
  const isSmall = ranges.length <= 1 && statSync(open.path).size < smallLogBytes;
  const jobs = options.jobs ?? (isSmall ? 1 : availableParallelism());
  if (jobs <= 1) return verifyLog(open.tables, onProgress, rangeEvents);

  const pool = createWorkerPool<VerifyPart, PartFindings>({
    module: new URL("./verify/verifyWorker.ts", import.meta.url),
    size: jobs,
    setup: { path: open.path },
  });
  try {
    let done = 0;
    onProgress(done, parts.length);
    // The pool hands out one part a thread; what waits is small.
    const findings = await Promise.all(
      parts.map(async (part) => {
        const found = await pool.run(part);
        onProgress((done += 1), parts.length);
        return found;
      }),
    );
    return joinFindings(open.tables, findings);
  } finally {
    await pool.close();
  }
}
