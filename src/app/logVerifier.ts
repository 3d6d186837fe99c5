import { createMediaChecks } from "../../replay/mediaChecks.ts";
import { withRecentEvents } from "../../replay/recentEvents.ts";
import { replayLog, type ReplaySummary } from "../../replay/replayLog.ts";
import type { Verifier } from "../../replay/verifyEvent.ts";
import { verifyRange } from "../../replay/verifyRange.ts";
import type { OpenLog } from "../../store/openLog.ts";
import type { SessionId } from "../events/envelope.ts";
import { ruleOf } from "./derivations/registry.ts";
import { createReplayTools, type ReplayTools } from "./derivations/replayTools.ts";
import { tellingPruned } from "./prunedBlobs.ts";
import { createExchangeCheck } from "./remote/exchangeCheck.ts";

/** A verifier with the embedded components, for one thread. */
export interface LogVerifier extends Verifier<ReplayTools> {
  close(): Promise<void>;
}

export interface LogVerifierOptions {
  /** Called now and then while a training runs; may throw to end it. */
  readonly onTraining?: () => void;
  /** Decodes also pictures that nothing was derived from; see `eventsToDecode`. */
  readonly decodesAll?: boolean;
}

export function createLogVerifier(
  { log, blobs: stored }: Pick<OpenLog, "log" | "blobs">,
  { onTraining, decodesAll = false }: LogVerifierOptions = {},
): LogVerifier {
  const blobs = tellingPruned(log, stored);
  const media = createMediaChecks(blobs);
  const options = { log, blobs: media.blobs, media: media.shelf };
  const tools = createReplayTools(onTraining === undefined ? options : { ...options, onTraining });
  return {
    log: withRecentEvents(log),
    ruleOf,
    tools,
    media,
    decodesAll,
    checkExchange: createExchangeCheck({ log, blobs }),
    close: () => tools.close(),
  };
}

/**
 * Recomputes what an open log derives, in this thread: for logs in memory and small ones. Digests and
 * chains are not checked; `replayFile` does both.
 */
export async function replayHere(
  open: Pick<OpenLog, "log" | "blobs">,
  wanted: {
    readonly sessions?: readonly SessionId[];
    /** Event types. */
    readonly types?: readonly string[];
  } = {},
): Promise<ReplaySummary> {
  const verifier = createLogVerifier(open);
  const { sessions = null, types = null } = wanted;
  try {
    return await replayLog(open.log, {
      ...{ sessions, types, jobs: 1 },
      verifyRange: (range) => verifyRange(verifier, range),
    });
  } finally {
    await verifier.close();
  }
}
