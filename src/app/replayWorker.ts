import { openLog } from "../../store/openLog.ts";
import type { ReplayCounts } from "../../replay/replayReport.ts";
import { verifyRange, type ReplayRange } from "../../replay/verifyRange.ts";
import { createSystemClock } from "../core/clock.ts";
import type { CreateHandler } from "../workers/serve.ts";
import { createLogVerifier } from "./logVerifier.ts";
import { verifyPart, type PartFindings, type VerifyPart } from "./verify/verifyPart.ts";

export interface ReplaySetup {
  readonly logPath: string;
  readonly decodesAll: boolean;
}

/** Events to recompute; or a part of the file whose digests are to be checked. */
export type ReplayJob =
  | { readonly kind: "range"; readonly range: ReplayRange }
  | { readonly kind: "digests"; readonly part: VerifyPart };

export type ReplayAnswer =
  | { readonly kind: "range"; readonly counts: ReplayCounts }
  | { readonly kind: "digests"; readonly findings: PartFindings };

/** Verifies parts of one log, with components of its own and a connection that cannot write. */
export const createHandler: CreateHandler<ReplaySetup, ReplayJob, ReplayAnswer> = (setup) => {
  const open = openLog({ path: setup.logPath, clock: createSystemClock(), mode: "readonly" });
  let tick: () => void = () => undefined;
  const { decodesAll } = setup;
  const verifier = createLogVerifier(open, { onTraining: () => tick(), decodesAll });
  return Promise.resolve(async (job, report) => {
    // Reporting throws once the pool is being closed, which ends long work.
    tick = () => report(null);
    if (job.kind === "digests") {
      return { result: { kind: job.kind, findings: verifyPart(open.tables, job.part, tick) } };
    }
    return { result: { kind: job.kind, counts: await verifyRange(verifier, job.range, tick) } };
  });
};
