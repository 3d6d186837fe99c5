import { DreamlogError } from "../../core/errors.ts";
import { loadWorldModel } from "../../dreaming/worldModel.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointTrained } from "../../events/learning.ts";
import type { WorldModel } from "../../ports/worldModel.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { isA } from "../derivations/rule.ts";

/**
 * The world model that a stand-in dreams with: the last of the log that was trained on object-only
 * trajectories, loaded when it is first asked for.
 *
 * @throws {DreamlogError} from what is returned: `CHECKPOINT_INVALID` when the log holds none.
 */
export function servedWorldModel(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  samplingSteps = 1,
): () => Promise<WorldModel> {
  let model: Promise<WorldModel> | undefined;
  const load = async () => {
    const { weights } = (await lastTrained(log)).payload;
    return loadWorldModel({ checkpoint: await blobs.get(weights.digest), samplingSteps });
  };
  return () => (model ??= load());
}

async function lastTrained(
  log: OpenLog["log"],
): Promise<StoredEvent<PayloadOf<typeof checkpointTrained>>> {
  let last: StoredEvent<PayloadOf<typeof checkpointTrained>> | undefined;
  for (let afterPosition = 0; ;) {
    const page = await log.read({ types: [checkpointTrained.type], afterPosition });
    for (const event of page) {
      const isFit = event.producer.config["variant"] === "objectOnly";
      if (isFit && isA(event, checkpointTrained)) last = event;
    }
    const end = page.at(-1);
    if (end === undefined) break;
    afterPosition = end.position;
  }
  if (last !== undefined) return last;
  throw new DreamlogError(
    "CHECKPOINT_INVALID",
    "expected a trained world model in the log that this stand-in reads, found none; run dreamlog train-world-model first",
  );
}
