import type { Digest } from "../core/digest.ts";
import { DreamlogError, isDreamlogError } from "../core/errors.ts";
import type { StoredEvent } from "../events/envelope.ts";
import { logPruned } from "../events/maintenance.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import type { EventLog } from "../ports/eventLog.ts";
import { isA } from "./derivations/rule.ts";
import { digestsIn } from "./verify/checkBlobs.ts";

/**
 * The same store, which tells a blob that was dropped on purpose from one that is lost: `get` throws
 * `BLOB_PRUNED` in place of `BLOB_MISSING` for what a `log.pruned` event lists.
 */
export function tellingPruned(log: Pick<EventLog, "read">, blobs: BlobStore): BlobStore {
  let pruned: Promise<ReadonlySet<Digest>> | undefined;
  return {
    ...blobs,
    async get(digest) {
      try {
        return await blobs.get(digest);
      } catch (error) {
        if (!isDreamlogError(error, "BLOB_MISSING")) throw error;
        pruned ??= readPruned(log, blobs);
        if (!(await pruned).has(digest)) throw error;
        throw new DreamlogError(
          "BLOB_PRUNED",
          `expected blob ${digest}, which was pruned from this log; take a copy from before`,
          { digest },
          error,
        );
      }
    },
  };
}

async function readPruned(
  log: Pick<EventLog, "read">,
  blobs: BlobStore,
): Promise<ReadonlySet<Digest>> {
  const pruned = new Set<Digest>();
  let page: readonly StoredEvent[];
  let afterPosition = 0;
  do {
    page = await log.read({ types: [logPruned.type], afterPosition });
    for (const event of page) {
      afterPosition = event.position;
      if (!isA(event, logPruned)) continue;
      for (const digest of digestsIn(await blobs.get(event.payload.dropped.digest))) {
        pruned.add(digest);
      }
    }
  } while (page.length > 0);
  return pruned;
}
