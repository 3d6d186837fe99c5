import { DreamlogError } from "../../core/errors.ts";
import { checkpointImported } from "../../events/learning.ts";
import type { EventId, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { EmbeddedChoice } from "../branches/worldModelChoice.ts";
import type { DreamerSource, WorldModelSource } from "../dreamer.ts";
import type { RunContext } from "../runContext.ts";
import { worldModelOf } from "../runModels.ts";
import type { RunSettings } from "../settings.ts";
import { importCheckpoints, type ImportedCheckpoint } from "./importCheckpoints.ts";
import { trainedWorldModel, type TrainedCheckpoint } from "./trainWorldModel.ts";

/**
 * What a run dreams with: the world model trained on its trajectories, or what it or its branch chose.
 *
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the log does not hold what the branch chose.
 */
export async function dreamingModel(context: RunContext): Promise<DreamerSource> {
  const { settings } = context;
  const choice = worldModelOf(settings);
  if ("url" in choice) return choice;
  const source = sourceOf(settings, await checkpointOf(context, choice));
  const { samplingSteps = source.samplingSteps } = choice;
  return { ...source, samplingSteps };
}

async function checkpointOf(context: RunContext, choice: EmbeddedChoice) {
  switch (choice.kind) {
    case "trained":
      return trainedWorldModel(context, "objectOnly");
    case "untrained":
      return (await importCheckpoints(context)).objectOnly;
    case "imported":
      return importedAs(choice.event, await context.open.log.findById(choice.event));
  }
}

export function sourceOf(
  settings: RunSettings,
  checkpoint: TrainedCheckpoint | ImportedCheckpoint,
): WorldModelSource {
  return {
    checkpoint: checkpoint.position,
    weights: checkpoint.payload.weights.digest,
    samplingSteps: settings.worldModel.samplingSteps,
  };
}

/** @throws {DreamlogError} `CHECKPOINT_INVALID` when the log does not hold it. */
export function importedAs(id: EventId, event: StoredEvent | undefined): ImportedCheckpoint {
  if (event?.type === checkpointImported.type) {
    return event as StoredEvent<PayloadOf<typeof checkpointImported>>;
  }
  throw new DreamlogError(
    "CHECKPOINT_INVALID",
    `expected an imported world model as ${id}, found ${event?.type ?? "nothing"}; make the branch anew`,
    { id },
  );
}
