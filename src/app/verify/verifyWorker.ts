import { isDreamlogError } from "../../core/errors.ts";
import { createSystemClock } from "../../core/clock.ts";
import type { CreateHandler } from "../../workers/serve.ts";
import { openLog } from "../../../store/openLog.ts";
import { digestBlobs, type DigestPrefix, type FoundBlob } from "./checkBlobs.ts";
import { checkEvents, type EventRange, type EventsCheck } from "./checkEvents.ts";
import { fileDamage } from "./logProblem.ts";

/** One part of a full check. */
export type VerifyJob =
  | { readonly kind: "structure" }
  | { readonly kind: "events"; readonly range: EventRange }
  | { readonly kind: "blobs"; readonly prefix: DigestPrefix };

export interface VerifyResult {
  readonly structure: readonly string[];
  readonly events: EventsCheck | null;
  readonly blobs: readonly FoundBlob[];
}

const nothing: VerifyResult = { structure: [], events: null, blobs: [] };

/** Runs in a thread of `verifyLogFile`, on a connection of its own. */
export const createHandler: CreateHandler<{ readonly path: string }, VerifyJob, VerifyResult> = ({
  path,
}) => {
  const { tables } = openLog({ path, clock: createSystemClock(), mode: "readonly" });
  const carryOut = (job: VerifyJob): VerifyResult => {
    switch (job.kind) {
      case "structure":
        return { ...nothing, structure: tables.structuralDamage() };
      case "events":
        return { ...nothing, events: checkEvents(tables, job.range) };
      case "blobs":
        return { ...nothing, blobs: digestBlobs(tables, job.prefix) };
    }
  };
  return Promise.resolve((job: VerifyJob) => {
    try {
      return Promise.resolve({ result: carryOut(job) });
    } catch (error) {
      // A page that cannot be read ends this part; the others go on.
      if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
      const problems = [fileDamage(error.message)];
      const events = { problems, named: [], prunedLists: [] };
      return Promise.resolve({ result: { ...nothing, events } });
    }
  });
};
