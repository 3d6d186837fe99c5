import { armPlanes } from "../../core/dreamTensors.ts";
import type { Digest } from "../../core/digest.ts";
import { armRendered } from "../../events/dreaming.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointImported, checkpointTrained } from "../../events/learning.ts";
import { cropTaken } from "../../events/perception.ts";
import { numericFingerprint } from "../../inference/numericFingerprint.ts";
import type {
  TrainedWorldModel,
  TrainingClip,
  WorldModelTraining,
} from "../../learning/trainWorldModel.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import type { LoggedClip } from "../collectedSession.ts";
import { settingsText } from "../settings.ts";
import type { CropVariant } from "./cropFrame.ts";
import { causeAt, isA, sameConfiguration, stepwiseRule } from "./rule.ts";

export interface WorldModelTrainingConfig {
  readonly variant: CropVariant;
  readonly steps: number;
}

export interface WorldModelTrainingTools {
  readonly media: Pick<MediaShelf, "loadImage" | "loadVideos">;
  readonly blobs: BlobStore;
  readonly trainWorldModel: (
    job: Omit<WorldModelTraining, "onProgress">,
  ) => Promise<TrainedWorldModel>;
}

/** 2: gradients clipped at a norm that binds, and half the learning rate. */
const version = 2;
/** Clips whose videos one decoder process reads. */
const clipsPerLoad = 64;

export function worldModelTrainingProducer(
  { variant, steps }: WorldModelTrainingConfig,
  init: Digest,
): Producer {
  return {
    component: "learning.trainWorldModel",
    version,
    config: { variant, steps },
    model: init,
    fingerprint: numericFingerprint(1),
  };
}

/** @returns the causes of a training, as the rule below reads them. */
export function worldModelTrainingCauses(
  init: StoredEvent<PayloadOf<typeof checkpointImported>>,
  clips: readonly LoggedClip[],
): readonly StoredEvent[] {
  return [init, ...clips.flatMap(({ firstFrame, arm, targets }) => [firstFrame, arm, ...targets])];
}

/**
 * The world model's control branch, trained on trajectories. Causes: the checkpoint it started from,
 * then for each trajectory the first crop, the arm's clip and the crops to predict.
 */
export const trainControlBranch = stepwiseRule<WorldModelTrainingTools, typeof checkpointTrained>({
  definition: checkpointTrained,
  component: "learning.trainWorldModel",
  producerNow: (recorded) =>
    sameConfiguration(recorded, { version, fingerprint: numericFingerprint(1) }),
  async computeOne(step, { media, blobs, trainWorldModel }) {
    const { variant, steps } = step.producer.config as unknown as WorldModelTrainingConfig;
    const init = causeAt(step, 0, checkpointImported);
    const clips = clipsOf(step);
    const trained = await trainWorldModel({
      init: await blobs.get(init.payload.weights.digest),
      clips: await loadClips(media, clips),
      steps,
      seed: step.seed ?? "",
    });
    return {
      role: "worldModelControl" as const,
      loss: "denoising",
      stepCount: steps,
      weights: await blobs.put(trained.checkpoint, "application/onnx"),
      columns: [...trained.columns],
      curve: trained.curve,
      selected: trained.selected,
      settings: settingsText({ variant, steps, clips: clips.length }),
    };
  },
});

type ClipEvents = Pick<LoggedClip, "firstFrame" | "arm" | "targets">;

/** An arm's clip has the first crop before it and, up to the next clip's first, the targets after it. */
function clipsOf(step: DerivationStep): readonly ClipEvents[] {
  const armsAt = step.causes.flatMap((cause, at) => (isA(cause, armRendered) ? [at] : []));
  return armsAt.map((at, index) => {
    const end = (armsAt[index + 1] ?? step.causes.length + 1) - 1;
    return {
      firstFrame: causeAt(step, at - 1, cropTaken),
      arm: causeAt(step, at, armRendered),
      targets: Array.from({ length: end - at - 1 }, (_, target) =>
        causeAt(step, at + 1 + target, cropTaken),
      ),
    };
  });
}

async function loadClips(
  media: WorldModelTrainingTools["media"],
  logged: readonly ClipEvents[],
): Promise<readonly TrainingClip[]> {
  const clips: TrainingClip[] = [];
  for (let first = 0; first < logged.length; first += clipsPerLoad) {
    const some = logged.slice(first, first + clipsPerLoad);
    const videos = await media.loadVideos(some.map(({ arm }) => arm.payload.video));
    for (const [at, { firstFrame, targets }] of some.entries()) {
      const targetImages = [];
      for (const { payload } of targets) targetImages.push(await media.loadImage(payload.image));
      clips.push({
        firstFrame: await media.loadImage(firstFrame.payload.image),
        armPlanes: armPlanes(videos[at]!),
        targets: targetImages,
      });
    }
  }
  return clips;
}
