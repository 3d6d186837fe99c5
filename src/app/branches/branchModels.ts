import { checkpointImported, checkpointTrained } from "../../events/learning.ts";
import type { SessionId } from "../../events/envelope.ts";
import { sessionStarted } from "../../events/session.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { readEvents } from "../collectedSession.ts";
import type { DreamerSource } from "../dreamer.ts";
import { defaultJudge, type JudgeSpec } from "../judgeSpec.ts";
import {
  modelOfLiveSession,
  resolveLivePlanner,
  resolveLiveWorldModel,
} from "../live/liveModels.ts";
import type { PlannerSpec } from "../plannerSpec.ts";
import { sessionName } from "../runContext.ts";
import { judgeOf, worldModelOf } from "../runModels.ts";
import { recorderFor, startSession } from "../sessionLifecycle.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { settingsOf } from "../settings.ts";
import { importedAs } from "../stages/dreamingModel.ts";
import { runOfSession } from "./findRun.ts";
import type { PlannerChoice } from "./plannerChoice.ts";
import { resolvePlanner, type MadeSettings } from "./resolvePlanner.ts";
import { readCheckpointFile } from "./readCheckpointFile.ts";
import type { EmbeddedChoice, WorldModelSpec } from "./worldModelChoice.ts";

/** What a branch of a session goes on with. */
export interface BranchModels {
  /** @throws {DreamlogError} when the planner that is meant is not there. */
  planner(choice: PlannerChoice): Promise<PlannerSpec>;
  /**
   * @param asked - what is to dream; that of the run or branch when left out.
   * @throws {DreamlogError} `CHECKPOINT_INVALID` for a file that is missing or no checkpoint, and when
   *   the log does not hold what a branch chose.
   */
  worldModel(asked?: WorldModelSpec): Promise<DreamerSource>;
  readonly judge: JudgeSpec;
  /** The embedded one when undefined. */
  readonly segmenter: MadeSettings["segmenter"];
}

/**
 * The models of the run that a session belongs to. A live session belongs to none: it goes on with the
 * models it brought into the log, or else with the committed ones.
 *
 * @param branch - has a session `<branch>/models` for what it brings into the log itself.
 * @throws {DreamlogError} `SESSION_UNKNOWN` for a session of no run that is no live one.
 */
export async function branchModels(
  open: Pick<OpenLog, "log" | "blobs">,
  session: SessionId,
  branch: SessionId,
): Promise<BranchModels> {
  const recording = await recordingOf(open.log, session);
  return recording === null
    ? modelsOfRun(open, session, `${branch}/models`)
    : modelsOfRecording(
        open,
        recording,
        await segmenterOf(open.log, recording),
        `${branch}/models`,
      );
}

async function modelsOfRun(
  open: Pick<OpenLog, "log" | "blobs">,
  session: SessionId,
  modelSession: SessionId,
): Promise<BranchModels> {
  const { log, blobs } = open;
  const run = await runOfSession(log, session);
  return {
    async planner(choice) {
      if (choice.kind !== "file") return resolvePlanner(log, run, choice, null);
      const { bytes } = await readCheckpointFile(choice.path);
      return resolvePlanner(log, run, choice, (await blobs.put(bytes, "application/onnx")).digest);
    },
    async worldModel(asked) {
      const choice = asked ?? worldModelOf(run);
      if ("url" in choice) return choice;
      if (choice.kind === "file") {
        return resolveLiveWorldModel(
          await startModels(open, modelSession, { run: run.seed }),
          choice,
        );
      }
      const { position, payload } = await checkpointOf(log, run, choice);
      const { samplingSteps = run.worldModel.samplingSteps } = choice;
      return { checkpoint: position, weights: payload.weights.digest, samplingSteps };
    },
    judge: judgeOf(run),
    segmenter: run.segmenter,
  };
}

async function checkpointOf(log: EventLog, run: MadeSettings, choice: EmbeddedChoice) {
  switch (choice.kind) {
    case "trained": {
      const events = await readEvents(log, sessionName(run, "world-model", "objectOnly"));
      return events.get("checkpoint", checkpointTrained);
    }
    case "untrained":
      return (await readEvents(log, sessionName(run, "checkpoints"))).get("objectOnly", checkpointImported); // prettier-ignore
    case "imported":
      return importedAs(choice.event, await log.findById(choice.event));
  }
}

/** Where a branch writes what it brings into the log. */
async function startModels(
  open: Pick<OpenLog, "log" | "blobs">,
  session: SessionId,
  settings: object,
): Promise<SessionRecorder> {
  const recorder = recorderFor({ open }, session);
  await startSession(recorder, { purpose: "checkpoints", task: null, seed: session, settings });
  return recorder;
}

function modelsOfRecording(
  open: Pick<OpenLog, "log" | "blobs">,
  recording: SessionId,
  segmenter: BranchModels["segmenter"],
  modelSession: SessionId,
): BranchModels {
  const { log } = open;
  const modelRecorder = () => startModels(open, modelSession, { recording });
  return {
    async planner(choice) {
      const isBrought = choice.kind === "zeroShot" || choice.kind === "file";
      const recorder = isBrought ? await modelRecorder() : recorderFor({ open }, modelSession);
      return resolveLivePlanner(recorder, choice);
    },
    async worldModel(asked) {
      if (asked !== undefined) return resolveLiveWorldModel(await modelRecorder(), asked);
      const brought = await modelOfLiveSession(log, recording, "worldModel");
      if (brought === undefined) {
        return resolveLiveWorldModel(await modelRecorder(), { kind: "untrained" });
      }
      const { samplingSteps } = settingsOf("demo", "").worldModel;
      const weights = brought.payload.weights.digest;
      return { checkpoint: brought.position, weights, samplingSteps };
    },
    judge: defaultJudge,
    segmenter,
  };
}

/** What saw the object in a live session. */
async function segmenterOf(
  log: EventLog,
  recording: SessionId,
): Promise<BranchModels["segmenter"]> {
  const { payload } = (await readEvents(log, recording)).get("started", sessionStarted);
  return (JSON.parse(payload.settings) as Pick<BranchModels, "segmenter">).segmenter;
}

/** The recording that a live session, or a branch of one, is a part of; null for others. */
export async function recordingOf(log: EventLog, session: SessionId): Promise<SessionId | null> {
  let root = session;
  for (let parent = (await log.session(root))?.parent; parent != null;) {
    root = parent.session;
    parent = (await log.session(root))?.parent;
  }
  const { payload } = (await readEvents(log, root)).get("started", sessionStarted);
  if (payload.purpose !== "live") return null;
  const { recording } = JSON.parse(payload.settings) as { readonly recording?: SessionId };
  return recording ?? root;
}
