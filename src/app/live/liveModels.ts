import { DreamlogError } from "../../core/errors.ts";
import { checkpointImported, checkpointTrained } from "../../events/learning.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { PlannerChoice } from "../branches/plannerChoice.ts";
import { resolvePlanner, type MadeSettings } from "../branches/resolvePlanner.ts";
import { readCheckpointFile } from "../branches/readCheckpointFile.ts";
import { runOfSession, runsOf } from "../branches/findRun.ts";
import type { EmbeddedSpec, WorldModelSpec } from "../branches/worldModelChoice.ts";
import { readEvents } from "../collectedSession.ts";
import type { DreamerSource } from "../dreamer.ts";
import type { PlannerSpec } from "../plannerSpec.ts";
import { exactProducer } from "../producers.ts";
import { sessionName } from "../runContext.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { settingsOf } from "../settings.ts";
import { importCommitted, type ImportedCheckpoint } from "../stages/importCheckpoints.ts";

const importer = exactProducer("app.liveModels", 1);

/** Roles of the models that a live session brings into the log. */
export const liveModelRoles = {
  planner: "models/planner",
  worldModel: "models/worldModel",
} as const;

/** Of a session that belongs to no run. */
const { samplingTemperature, worldModel: defaultWorldModel } = settingsOf("demo", "");

/**
 * The planner that a choice means in a live session. Weights that are not of a run of the log are put
 * into it, so that what they decide can be recomputed.
 *
 * @throws {DreamlogError} `CHECKPOINT_INVALID`; `SESSION_UNKNOWN` for the planner of a run in a log without one;
 *   `STAGE_INCOMPLETE` for a run that has not fine-tuned it.
 */
export async function resolveLivePlanner(
  recorder: SessionRecorder,
  choice: PlannerChoice,
): Promise<PlannerSpec> {
  switch (choice.kind) {
    case "random":
    case "matcher":
    case "openai":
      return choice;
    case "fineTuned": {
      const run = await requireRun(recorder.log, "a fine-tuned planner");
      return resolvePlanner(recorder.log, run, choice, null);
    }
    case "zeroShot":
    case "file": {
      const { temperature = samplingTemperature } = choice;
      const { payload } =
        choice.kind === "zeroShot"
          ? await importCommitted(recorder, liveModelRoles.planner, "zeroShot")
          : await importFile(recorder, "planner", choice.path);
      return { kind: "policy", weights: payload.weights.digest, temperature };
    }
  }
}

/**
 * The world model that a choice means in a live session: `trained` is that of the log's run.
 *
 * @throws {DreamlogError} as `resolveLivePlanner`.
 */
export async function resolveLiveWorldModel(
  recorder: SessionRecorder,
  choice: WorldModelSpec,
): Promise<DreamerSource> {
  if ("url" in choice) return choice;
  const samplingSteps = choice.samplingSteps ?? defaultWorldModel.samplingSteps;
  const { position, payload } = await worldModelEvent(recorder, choice);
  return { checkpoint: position, weights: payload.weights.digest, samplingSteps };
}

async function worldModelEvent(recorder: SessionRecorder, choice: EmbeddedSpec) {
  switch (choice.kind) {
    case "untrained":
      return importCommitted(recorder, liveModelRoles.worldModel, "objectOnly");
    case "file":
      return importFile(recorder, "worldModel", choice.path);
    case "trained": {
      const run = await requireRun(recorder.log, "a trained world model");
      const session = sessionName(run, "world-model", "objectOnly");
      return (await readEvents(recorder.log, session)).get("checkpoint", checkpointTrained);
    }
  }
}

/** What a live session planned or dreamed with, if it brought it. */
export async function modelOfLiveSession(
  log: EventLog,
  recording: string,
  model: keyof typeof liveModelRoles,
): Promise<ImportedCheckpoint | undefined> {
  return (await readEvents(log, recording)).find(liveModelRoles[model], checkpointImported);
}

async function importFile(
  recorder: SessionRecorder,
  model: keyof typeof liveModelRoles,
  path: string,
): Promise<ImportedCheckpoint> {
  const { bytes, settings } = await readCheckpointFile(path);
  const weights = await recorder.blobs.put(bytes, "application/onnx");
  const role = model === "planner" ? "planner" : "worldModelControl";
  const payload = { role, origin: path, weights, settings } as const;
  return recorder.fact(liveModelRoles[model], checkpointImported, payload, { producer: importer });
}

async function requireRun(log: EventLog, what: string): Promise<MadeSettings> {
  const runs = (await runsOf(log)).filter((name) => !name.includes("+"));
  const [run] = runs;
  if (run !== undefined && runs.length === 1) return runOfSession(log, `${run}/checkpoints`);
  throw new DreamlogError(
    "SESSION_UNKNOWN",
    `expected one run in the log that has ${what}, found ${runs.length}; record into the log of a run (--log), or name a checkpoint with file:path=…`,
    { runs },
  );
}
