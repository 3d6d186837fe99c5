import { DreamlogError } from "../../core/errors.ts";
import { armRendered, dreamImagined } from "../../events/dreaming.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointImported, checkpointTrained } from "../../events/learning.ts";
import { cropTaken } from "../../events/perception.ts";
import { stackFrames } from "../../media/frameStack.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { DerivationRule, DerivationStep } from "../../ports/derivationRule.ts";
import type { WorldModel } from "../../ports/worldModel.ts";
import { causeAt, isA } from "./rule.ts";

export type CheckpointEvent = StoredEvent<
  PayloadOf<typeof checkpointTrained> | PayloadOf<typeof checkpointImported>
>;

export interface DreamingTools {
  readonly media: MediaShelf;
  /**
   * The model with the weights that the producer names, sampled as often as it says.
   *
   * @throws {DreamlogError} `BLOB_MISSING`, `CHECKPOINT_INVALID`, `ARGUMENT_INVALID`.
   */
  readonly worldModelOf: (producer: Producer) => WorldModel | Promise<WorldModel>;
}

/**
 * Dreams. Causes: the observation's crop, the arm's clip, the checkpoint. The noise is named by the
 * observation and the candidate.
 */
export const imagineDream: DerivationRule<DreamingTools, typeof dreamImagined> = {
  definition: dreamImagined,
  component: "dreaming.worldModel",
  producerNow: async (recorded, { worldModelOf }) => (await worldModelOf(recorded)).producer,
  async compute(steps, { media, worldModelOf }) {
    const clips = await media.loadVideos(
      steps.map((step) => causeAt(step, 1, armRendered).payload.video),
    );
    const payloads: PayloadOf<typeof dreamImagined>[] = [];
    for (const [at, step] of steps.entries()) {
      const crop = causeAt(step, 0, cropTaken);
      const { candidate } = causeAt(step, 1, armRendered).payload;
      assertCheckpoint(step);
      const model = await worldModelOf(step.producer);
      const [dream] = await model.dream([
        {
          firstFrame: await media.loadImage(crop.payload.image),
          armClip: clips[at]!,
          seed: `${crop.contentDigest} ${candidate}`,
        },
      ]);
      const frames = await media.storeImage(stackFrames(dream!), "image/qoi");
      payloads.push({
        candidate,
        samplingSteps: model.samplingSteps,
        frames: { ...frames, frameCount: model.frameCount },
      });
    }
    return payloads;
  },
};

/** The weights that dreamed must be those of the checkpoint that the dream names. */
function assertCheckpoint(step: DerivationStep): void {
  const cause = step.causes[2];
  const isCheckpoint =
    cause !== undefined && (isA(cause, checkpointTrained) || isA(cause, checkpointImported));
  const found = isCheckpoint ? cause.payload.weights.digest : (cause?.type ?? "none");
  if (found === step.producer.model) return;
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected a checkpoint with weights ${step.producer.model} as cause 2, found ${found}`,
    { expected: step.producer.model, found },
  );
}
