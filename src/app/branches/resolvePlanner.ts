import type { Digest } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import { checkpointImported, checkpointTrained } from "../../events/learning.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import type { PlannerSpec } from "../plannerSpec.ts";
import { sessionName } from "../runContext.ts";
import type { RunSettings } from "../settings.ts";
import type { PlannerChoice } from "./plannerChoice.ts";

/** What a run was made with, whether or not it was evaluated. */
export type MadeSettings = Omit<RunSettings, "evaluation">;

/**
 * The planner that a choice means within a run.
 *
 * @param imported - digest of the weights, where the choice names a file.
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when the run has no such checkpoint.
 */
export async function resolvePlanner(
  log: EventLog,
  settings: MadeSettings,
  choice: PlannerChoice,
  imported: Digest | null,
): Promise<PlannerSpec> {
  if (choice.kind === "random" || choice.kind === "matcher" || choice.kind === "openai") {
    return choice;
  }
  const weights = imported ?? (await weightsOf(log, settings, choice));
  return {
    kind: "policy",
    weights,
    temperature: choice.temperature ?? settings.samplingTemperature,
  };
}

async function weightsOf(
  log: EventLog,
  settings: MadeSettings,
  choice: Exclude<PlannerChoice, { kind: "random" | "matcher" | "openai" }>,
): Promise<Digest> {
  switch (choice.kind) {
    case "zeroShot": {
      const events = await readEvents(log, sessionName(settings, "checkpoints"));
      return events.get("zeroShot", checkpointImported).payload.weights.digest;
    }
    case "fineTuned": {
      const events = await readEvents(log, sessionName(settings, "orpo", choice.loss));
      return events.get("checkpoint", checkpointTrained).payload.weights.digest;
    }
    case "file":
      throw new DreamlogError(
        "CHECKPOINT_INVALID",
        `expected the weights of ${choice.path} to be in the log, found that they were not imported`,
        { path: choice.path },
      );
  }
}
