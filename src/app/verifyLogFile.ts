import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { LogTables } from "../../store/logTables.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { createWorkerPool } from "../workers/workerPool.ts";
import { partsOf, type PartFindings, type VerifyPart } from "./verify/verifyPart.ts";
import { joinFindings, verifyLog, type LogCheck } from "./verifyLog.ts";

/** Below this much, one thread is done before others have started. */
const smallLogBytes = 200_000_000;
const smallLogEvents = 50_000;
/** Few enough that the parts of a log end at about the same time on all threads. */
const rangeEvents = 10_000;

type OnProgress = (done: number, total: number) => void;

export interface VerifyOptions {
  /** Threads; as many as there are processors when left out. A small log is checked without. */
  readonly jobs?: number;
  /** Parts done and in all. */
  readonly onProgress?: OnProgress;
}

/** `verifyLog` on several threads, each with a connection of its own: parts of the events and blobs. */
export async function verifyLogFile(open: OpenLog, options: VerifyOptions = {}): Promise<LogCheck> {
  const { onProgress } = options;
  const ranges = partsOf(open.tables, smallLogEvents).filter(({ kind }) => kind === "events");
  const isSmall = ranges.length <= 1 && statSync(open.path).size < smallLogBytes;
  const jobs = options.jobs ?? (isSmall ? 1 : availableParallelism());
  if (jobs <= 1) return verifyLog(open.tables, onProgress, rangeEvents);

  const pool = createWorkerPool<VerifyPart, PartFindings>({
    module: new URL("./verify/verifyWorker.ts", import.meta.url),
    size: jobs,
    setup: { path: open.path },
  });
  try {
    return await verifyInParts(open.tables, (part) => pool.run(part), onProgress);
  } finally {
    await pool.close();
  }
}

/**
 * `verifyLog` with its parts checked elsewhere, in any order.
 *
 * @param run - checks one part of the same log; is handed all of them at once, which are small.
 */
export async function verifyInParts(
  tables: LogTables,
  run: (part: VerifyPart) => Promise<PartFindings>,
  onProgress: OnProgress = () => undefined,
): Promise<LogCheck> {
  const parts = partsOf(tables, rangeEvents);
  let done = 0;
  onProgress(done, parts.length);
  const findings = await Promise.all(
    parts.map(async (part) => {
      const found = await run(part);
      onProgress((done += 1), parts.length);
      return found;
    }),
  );
  return joinFindings(tables, findings);
}
