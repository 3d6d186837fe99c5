import { openLog } from "../../store/openLog.ts";
import type { ReplayCounts } from "../../replay/replayReport.ts";
import { verifyRange, type ReplayRange } from "../../replay/verifyRange.ts";
import { createSystemClock } from "../core/clock.ts";
import type { CreateHandler } from "../workers/serve.ts";
import { createLogVerifier } from "./logVerifier.ts";
import { verifyLog, type LogCheck } from "./verifyLog.ts";

/** A range to recompute; or, with none, the digests of the whole log to check. */
export interface ReplayJob {
  readonly range: ReplayRange | null;
}

/** What the job asked for; the other is null. */
export interface ReplayAnswer {
  readonly counts: ReplayCounts | null;
  readonly digests: LogCheck | null;
}

/** Verifies parts of one log, with components of its own and a connection that cannot write. */
export const createHandler: CreateHandler<{ readonly logPath: string }, ReplayJob, ReplayAnswer> = (
  setup,
) => {
  const open = openLog({ path: setup.logPath, clock: createSystemClock(), mode: "readonly" });
  let tick: () => void = () => undefined;
  const verifier = createLogVerifier(open, () => tick());
  return Promise.resolve(async ({ range }, report) => {
    // Reporting throws once the pool is being closed, which ends long work.
    tick = () => report(null);
    const result =
      range === null
        ? { counts: null, digests: verifyLog(open.tables, tick) }
        : { counts: await verifyRange(verifier, range, tick), digests: null };
    return { result };
  });
};
