import { openLog } from "../../store/openLog.ts";
import { replayLog, type ReplaySummary } from "../../replay/replayLog.ts";
import { nothingReplayed } from "../../replay/replayReport.ts";
import { createSystemClock } from "../core/clock.ts";
import type { SessionId } from "../events/envelope.ts";
import { checkpointTrained } from "../events/learning.ts";
import { numericFingerprint } from "../inference/numericFingerprint.ts";
import type { EventLog } from "../ports/eventLog.ts";
import { requireSession } from "./inspectLog.ts";
import { advancing, silentProgress, type Progress } from "./progress.ts";
import { startReplayThreads, type ReplayThreads } from "./replayThreads.ts";
import { interrupted } from "./runContext.ts";
import type { LogCheck } from "./verifyLog.ts";
import { verifyInParts } from "./verifyLogFile.ts";

/** What came of replaying a log file; plain data under stable keys. */
export interface ReplayReport extends ReplaySummary {
  /**
   * - `verified`: everything asked for is as it was, or within the tolerance that `tolerated` names.
   * - `diverged`: something is not; `firstDivergence` or `digests.problems` says where.
   * - `incomplete`: nothing differs, but `unknownProducers` could not be had.
   */
  readonly outcome: "verified" | "diverged" | "incomplete";
  /** Of the whole log, whatever was asked for: digests, chains, causes, blobs. */
  readonly digests: LogCheck;
  /** False where only digests were checked. */
  readonly isRecomputed: boolean;
  /** False where some sessions or types were asked for: the others were not recomputed. */
  readonly isWhole: boolean;
  readonly fingerprint: string;
}

export interface ReplayFileOptions {
  readonly path: string;
  /** All when null. */
  readonly sessions: readonly SessionId[] | null;
  /** Event types; all when null. */
  readonly types: readonly string[] | null;
  /** Worker threads, 1 or more. */
  readonly jobs: number;
  /** Checks digests and chains only, and trusts that what was derived once would be derived again. */
  readonly trustsMemo?: boolean;
  /** Decodes also pictures that nothing was derived from, which are held by their bytes alone else. */
  readonly decodesAll?: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Replays a log file on worker threads. Nothing is written, and nothing outside the file is asked.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`, `LOG_MISSING` and the like; `INTERRUPTED` once the signal
 *   is aborted.
 */
export async function replayFile(options: ReplayFileOptions): Promise<ReplayReport> {
  const { path, sessions, types, jobs, trustsMemo = false, decodesAll, progress, signal } = options;
  const open = openLog({ path, clock: createSystemClock(), mode: "readonly" });
  try {
    for (const session of sessions ?? []) await requireSession(open.log, session);
    // One line at a time: where events are recomputed, that takes longer.
    const onPart = advancing(trustsMemo ? progress : silentProgress, "check digests");
    const threads = startReplayThreads(path, jobs, decodesAll);
    const stop = () => void threads.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const [digests, summary] = await Promise.all([
        verifyInParts(open.tables, threads.verifyPart, onPart),
        trustsMemo ? { ...nothingReplayed, downstream: 0 } : recompute(open.log, threads, options),
      ]);
      const isWhole = sessions === null && types === null;
      const report = reportOf(summary, digests, { isRecomputed: !trustsMemo, isWhole });
      progress.end(`${report.outcome}: ${digests.events} events, ${digests.blobs} blobs`);
      return report;
    } catch (error) {
      throw signal.aborted ? interrupted("replay") : error;
    } finally {
      signal.removeEventListener("abort", stop);
      await threads.close();
    }
  } finally {
    await open.close();
  }
}

function recompute(
  log: EventLog,
  { verifyRange }: ReplayThreads,
  { sessions, types, jobs, signal, progress }: ReplayFileOptions,
): Promise<ReplaySummary> {
  return replayLog(log, {
    ...{ sessions, types, jobs, signal, verifyRange, longTypes: [checkpointTrained.type] },
    onRange: advancing(progress, "replay"),
  });
}

function reportOf(
  summary: ReplaySummary,
  digests: LogCheck,
  scope: Pick<ReplayReport, "isRecomputed" | "isWhole">,
): ReplayReport {
  const isDiverged = summary.firstDivergence !== null || !digests.isSound;
  const isIncomplete = summary.unknownProducers.length > 0;
  return {
    outcome: isDiverged ? "diverged" : isIncomplete ? "incomplete" : "verified",
    ...summary,
    digests,
    ...scope,
    fingerprint: numericFingerprint(1),
  };
}
