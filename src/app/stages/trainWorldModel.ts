import { armPlanes } from "../../core/dreamTensors.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointTrained } from "../../events/learning.ts";
import { numericFingerprint } from "../../inference/numericFingerprint.ts";
import type {
  TrainedWorldModel,
  TrainingClip,
  WorldModelTraining,
} from "../../learning/trainWorldModel.ts";
import { loadImage } from "../../media/storedImage.ts";
import { loadVideos } from "../../media/storedVideo.ts";
import { readEvents, readSession, trainingClipOf, type LoggedClip } from "../collectedSession.ts";
import type { CropVariant } from "../observe.ts";
import { parentOf, requireRunning, sessionName, startsOf, type RunContext } from "../runContext.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { settingsText, type RunSettings } from "../settings.ts";
import { motionFrameFractions } from "../testbed.ts";
import { trainInThread } from "../trainInThread.ts";
import { importCheckpoints } from "./importCheckpoints.ts";

export type TrainedCheckpoint = StoredEvent<PayloadOf<typeof checkpointTrained>>;

/** Clips whose videos one decoder process reads. */
const clipsPerLoad = 64;

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
  const event = await recorder.derived(
    "checkpoint",
    checkpointTrained,
    {
      producer: {
        component: "learning.trainWorldModel",
        version: 1,
        config: { variant, steps },
        model: init.payload.weights.digest,
        fingerprint: numericFingerprint(1),
      },
      causes: [init, ...clips.flatMap(({ firstFrame, arm, targets }) => [firstFrame, arm, ...targets])], // prettier-ignore
      seed: settings.seed,
    },
    async () => {
      const job: Omit<WorldModelTraining, "onProgress"> = {
        init: await open.blobs.get(init.payload.weights.digest),
        clips: await loadClips(context, clips),
        steps,
        seed: settings.seed,
      };
      const trained = await trainInThread<typeof job, TrainedWorldModel>(context, {
        stage: `train world model (${variant === "objectOnly" ? "object only" : "full scene"})`,
        module: new URL("../trainWorldModelWorker.ts", import.meta.url),
        job,
        steps,
        summaryOf: ({ selected }) =>
          `kept step ${selected.step}: ${selected.value.toFixed(2)} dB on held-out clips`,
      });
      return {
        role: "worldModelControl" as const,
        loss: "denoising",
        stepCount: steps,
        weights: await open.blobs.put(trained.checkpoint, "application/onnx"),
        columns: [...trained.columns],
        curve: trained.curve,
        selected: trained.selected,
        settings: settingsText({ variant, steps, clips: clips.length }),
      };
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

async function loadClips(
  { open: { blobs } }: RunContext,
  logged: readonly LoggedClip[],
): Promise<readonly TrainingClip[]> {
  const clips: TrainingClip[] = [];
  for (let first = 0; first < logged.length; first += clipsPerLoad) {
    const some = logged.slice(first, first + clipsPerLoad);
    const videos = await loadVideos(
      blobs,
      some.map(({ arm }) => arm.payload.video),
    );
    for (const [at, { firstFrame, targets }] of some.entries()) {
      const targetImages = [];
      for (const { payload } of targets) targetImages.push(await loadImage(blobs, payload.image));
      clips.push({
        firstFrame: await loadImage(blobs, firstFrame.payload.image),
        armPlanes: armPlanes(videos[at]!),
        targets: targetImages,
      });
    }
  }
  return clips;
}
