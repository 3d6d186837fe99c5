import type { Digest } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import { canonicalJson, type Producer } from "../../events/envelope.ts";
import { checkpointImported, checkpointTrained } from "../../events/learning.ts";
import { readCheckpoint, weightsDigest } from "../../inference/checkpointFile.ts";
import { createGeometricJudge, type GeometricJudgeOptions } from "../../judging/geometricJudge.ts";
import { createRandomJudge } from "../../judging/randomJudge.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { Judge } from "../../ports/judge.ts";
import { isA } from "./rule.ts";

/** Names an adapter with its settings and weights: equal names are the same adapter. */
export function adapterName({ component, config, model }: Producer): string {
  return canonicalJson([component, config, model]);
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a judge that this program does not have. */
export function judgeOf({ component, config }: Producer): Judge {
  switch (component) {
    case "judging.geometricJudge": {
      const { distance, colourWeightM } = config as GeometricJudgeOptions;
      return createGeometricJudge({
        ...(distance === undefined ? {} : { distance }),
        ...(colourWeightM === undefined ? {} : { colourWeightM }),
      });
    }
    case "judging.randomJudge":
      return createRandomJudge(config as { readonly seed: string });
    default:
      throw new DreamlogError("ARGUMENT_INVALID", `expected a judge of this program, found ${component}`); // prettier-ignore
  }
}

/**
 * Finds planners' checkpoints by the digest of their weights, which is what a planner's producer
 * names: the same weights may lie in several files.
 */
export function createPlannerCheckpoints(
  log: Pick<EventLog, "read">,
  blobs: BlobStore,
): (weights: Digest | null) => Promise<Uint8Array> {
  let files: Promise<ReadonlyMap<Digest, Digest>> | undefined;
  return async (weights) => {
    files ??= plannerFiles(log, blobs);
    const file = weights === null ? undefined : (await files).get(weights);
    if (file !== undefined) return blobs.get(file);
    throw new DreamlogError(
      "BLOB_MISSING",
      `expected a planner's checkpoint with weights ${weights ?? "none"} in the log, found none; import the session that holds it`,
      { weights },
    );
  };
}

/** File digests by weights digest. */
async function plannerFiles(
  log: Pick<EventLog, "read">,
  blobs: BlobStore,
): Promise<ReadonlyMap<Digest, Digest>> {
  const files = new Map<Digest, Digest>();
  const types = [checkpointImported.type, checkpointTrained.type];
  for (let afterPosition = 0; ;) {
    const [event] = await log.read({ types, afterPosition, limit: 1 });
    if (event === undefined) return files;
    afterPosition = event.position;
    if (!isA(event, checkpointImported) && !isA(event, checkpointTrained)) continue;
    const { role, weights: file } = event.payload;
    if (role !== "planner") continue;
    const bytes = await blobs.get(file.digest);
    files.set(weightsDigest(readCheckpoint(bytes, event.id).weights), file.digest);
  }
}
