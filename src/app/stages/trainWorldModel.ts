import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointTrained } from "../../events/learning.ts";
import type { TrainedWorldModel } from "../../learning/trainWorldModel.ts";
import { readEvents, readSession, trainingClipOf, type LoggedClip } from "../collectedSession.ts";
import type { CropVariant } from "../derivations/cropFrame.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import {
  trainControlBranch,
  worldModelTrainingCauses,
  worldModelTrainingProducer,
} from "../derivations/trainControlBranch.ts";
import { parentOf, requireRunning, sessionName, startsOf, type RunContext } from "../runContext.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import type { RunSettings } from "../settings.ts";
import { motionFrameFractions } from "../testbed.ts";
import { trainInThread } from "../trainInThread.ts";
import { importCheckpoints } from "./importCheckpoints.ts";

export type TrainedCheckpoint = StoredEvent<PayloadOf<typeof checkpointTrained>>;

export function worldModelSession(settings: RunSettings, variant: CropVariant): SessionId {
  return sessionName(settings, "world-model", variant);
}

/** Trains the world model's control branch on the collected trajectories, and the ablation's. */
export async function trainWorldModel(context: RunContext): Promise<void> {
  await trainedWorldModel(context, "objectOnly");
  if (context.settings.worldModel.fullSceneSteps > 0) await trainedWorldModel(context, "fullScene");
}

/** The world model trained on this run's trajectories: from the log, or trained now. */
export async function trainedWorldModel(
  context: RunContext,
  variant: CropVariant,
): Promise<TrainedCheckpoint> {
  const { settings, open } = context;
  const session = worldModelSession(settings, variant);
  if ((await open.log.session(session))?.isClosed === true) {
    return (await readEvents(open.log, session)).get("checkpoint", checkpointTrained);
  }
  const init = (await importCheckpoints(context))[variant];
  const steps =
    variant === "objectOnly" ? settings.worldModel.steps : settings.worldModel.fullSceneSteps;
  const clips = await readClips(context, variant);
  const recorder = recorderFor({ open }, session);
  await startSession(recorder, {
    purpose: "trainWorldModel",
    task: null,
    seed: settings.seed,
    settings: { variant, steps },
    ...parentOf(settings, "world-model", variant),
  });
  const event = await deriveBy(
    recorder,
    trainControlBranch,
    {
      name: "checkpoint",
      producer: worldModelTrainingProducer({ variant, steps }, init.payload.weights.digest),
      causes: worldModelTrainingCauses(init, clips),
      seed: settings.seed,
    },
    {
      media: recorder.media,
      blobs: open.blobs,
      trainWorldModel: (job) =>
        trainInThread<typeof job, TrainedWorldModel>(context, {
          stage: `train world model (${variant === "objectOnly" ? "object only" : "full scene"})`,
          module: new URL("../trainWorldModelWorker.ts", import.meta.url),
          job,
          steps,
          summaryOf: ({ selected }) =>
            `kept step ${selected.step}: ${selected.value.toFixed(2)} dB on held-out clips`,
        }),
    },
  );
  await closeSession(recorder, "completed");
  return event;
}

/** The carried-out trajectories of a run, in order of their starts. */
async function readClips(
  context: RunContext,
  variant: CropVariant,
): Promise<readonly LoggedClip[]> {
  const { settings, open } = context;
  const clips: LoggedClip[] = [];
  for (const { task, index } of startsOf(settings.startsPerTask)) {
    await requireRunning(context, "train-world-model");
    const events = await readSession(open.log, sessionName(settings, "collect", task, index));
    const clip = trainingClipOf(events, variant, motionFrameFractions.length);
    if (clip !== null) clips.push(clip);
  }
  return clips;
}
