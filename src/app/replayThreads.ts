import type { ReplayCounts } from "../../replay/replayReport.ts";
import type { ReplayRange } from "../../replay/verifyRange.ts";
import { invariant } from "../core/errors.ts";
import { createWorkerPool } from "../workers/workerPool.ts";
import type { ReplayAnswer, ReplayJob, ReplaySetup } from "./replayWorker.ts";
import type { PartFindings, VerifyPart } from "./verify/verifyPart.ts";

/** Threads that replay one log file, each with components and a connection of its own. */
export interface ReplayThreads {
  /** Recomputes a range of events. */
  readonly verifyRange: (range: ReplayRange) => Promise<ReplayCounts>;
  /** Checks the digests of a part of the file. */
  readonly verifyPart: (part: VerifyPart) => Promise<PartFindings>;
  /** Ends them, and rejects what runs and waits. */
  close(): Promise<void>;
}

/** @param decodesAll - pictures too that nothing was derived from. */
export function startReplayThreads(
  logPath: string,
  count: number,
  decodesAll = false,
): ReplayThreads {
  const setup: ReplaySetup = { logPath, decodesAll };
  const pool = createWorkerPool<ReplayJob, ReplayAnswer>({
    module: new URL("./replayWorker.ts", import.meta.url),
    size: count,
    setup,
  });
  return {
    async verifyRange(range) {
      const answer = await pool.run({ kind: "range", range });
      invariant(answer.kind === "range", "a range is answered with its counts");
      return answer.counts;
    },
    async verifyPart(part) {
      const answer = await pool.run({ kind: "digests", part });
      invariant(answer.kind === "digests", "a part of the digests is answered with its findings");
      return answer.findings;
    },
    close: () => pool.close(),
  };
}
