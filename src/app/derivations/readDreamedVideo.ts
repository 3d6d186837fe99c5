import { cropSidePx } from "../../core/cell.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { armRendered, dreamImagined } from "../../events/dreaming.ts";
import type { Producer } from "../../events/envelope.ts";
import { cropTaken } from "../../events/perception.ts";
import { remoteAnswersUnreadable, remoteVideoAnswered } from "../../events/remote.ts";
import { stackFrames } from "../../media/frameStack.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import { exactProducer } from "../producers.ts";
import { cutOutObject, decodeAnswer, pickFrames } from "../remote/dreamFrames.ts";
import type { VideoSpec } from "../remote/videoSpec.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

const component = "dreaming.videoAnswers";
const version = 1;

export interface VideoReadingTools {
  readonly media: Pick<MediaShelf, "loadImage" | "storeImage">;
  readonly blobs: Pick<BlobStore, "get">;
  readonly segmenter: Segmenter;
}

/** What has to be known to read a video. */
type VideoReadingConfig = Pick<VideoSpec, "frames" | "size" | "object" | "steps">;

export function dreamedVideoProducer({ frames, size, object, steps }: VideoSpec): Producer {
  return exactProducer(component, version, { frames, size, object, steps });
}

const producerNow = (recorded: Producer) =>
  sameConfiguration(recorded, { version, fingerprint: null });

/** A dream read in what a video model answered. Causes: the observation's crop, the arms' clip, the answer. */
export const readDreamedVideo = stepwiseRule<VideoReadingTools, typeof dreamImagined>({
  definition: dreamImagined,
  component,
  producerNow,
  async computeOne(step, tools) {
    const { steps, object } = step.producer.config as unknown as VideoReadingConfig;
    const crop = await tools.media.loadImage(causeAt(step, 0, cropTaken).payload.image);
    const { candidate } = causeAt(step, 1, armRendered).payload;
    const picked = pickFrames(await answeredFrames(step, tools));
    const frames =
      object === "segment" ? await cutOutObject(tools.segmenter, crop, picked) : picked;
    const clip = {
      ...{ widthPx: cropSidePx, heightPx: cropSidePx, fps: 1 },
      frames: frames.map(({ pixels }) => pixels),
    };
    const stack = await tools.media.storeImage(stackFrames(clip), "image/qoi");
    // 0: the server decides, and does not tell.
    return {
      candidate,
      samplingSteps: steps ?? 0,
      frames: { ...stack, frameCount: frames.length },
    };
  },
});

/** The same causes, for a dream that there is not. */
export const tellUnreadableVideo = stepwiseRule<VideoReadingTools, typeof remoteAnswersUnreadable>({
  definition: remoteAnswersUnreadable,
  component,
  producerNow,
  async computeOne(step, tools) {
    try {
      await answeredFrames(step, tools);
    } catch (error) {
      if (!isUnreadableVideo(error)) throw error;
      return { reasons: [error.message] };
    }
    throw new DreamlogError(
      "EVENT_INVALID",
      "expected a video that cannot be read, found one that can",
    );
  },
});

export function isUnreadableVideo(error: unknown): error is DreamlogError {
  return isDreamlogError(error, "VIDEO_INVALID") || isDreamlogError(error, "IMAGE_INVALID");
}

async function answeredFrames(step: DerivationStep, { blobs }: VideoReadingTools) {
  const { frames, size } = step.producer.config as unknown as VideoReadingConfig;
  const { video } = causeAt(step, 2, remoteVideoAnswered).payload;
  const file = { mediaType: video.mediaType, bytes: await blobs.get(video.digest) };
  return decodeAnswer(file, { frameCount: frames, size });
}
