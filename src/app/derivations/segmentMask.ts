import { createMask, type Mask, type RgbImage } from "../../core/image.ts";
import { isDreamlogError } from "../../core/errors.ts";
import { encodeMask } from "../../core/maskRuns.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../events/environment.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { maskSegmented } from "../../events/perception.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import { causeAt, stepwiseRule } from "./rule.ts";

export type FrameEvent = StoredEvent<PayloadOf<typeof cameraFrameCaptured>>;
export type BoxEvent = StoredEvent<PayloadOf<typeof objectBoxLabelled>>;

/** What a segmenter made of the frame with the box. */
export interface BegunTrack {
  readonly mask: Mask;
  readonly memory: unknown;
}

export interface SegmentingTools {
  readonly media: MediaShelf;
  readonly segmenter: Segmenter;
  /** Begins to follow the object in the box; the frames of one session ask for the same track. */
  readonly beginTrack: (frame: FrameEvent, box: BoxEvent) => Promise<BegunTrack>;
}

/**
 * The object's pixels. Causes: the frame with its box; or a later frame, and the frame and box that
 * started the track. Where an arm hides the object, the mask is empty.
 */
export const segmentMask = stepwiseRule<SegmentingTools, typeof maskSegmented>({
  definition: maskSegmented,
  component: "perception.colourSegmenter",
  producerNow: (_, { segmenter }) => segmenter.producer,
  async computeOne(step, { media, segmenter, beginTrack }) {
    const frame = causeAt(step, 0, cameraFrameCaptured);
    if (step.causes.length === 2) {
      const { mask } = await beginTrack(frame, causeAt(step, 1, objectBoxLabelled));
      return { mask: encodeMask(mask) };
    }
    const first = causeAt(step, 1, cameraFrameCaptured);
    const { memory } = await beginTrack(first, causeAt(step, 2, objectBoxLabelled));
    const image = await media.loadImage(frame.payload.image);
    return { mask: encodeMask(await visibleMask(segmenter, image, memory)) };
  },
});

async function visibleMask(segmenter: Segmenter, image: RgbImage, memory: unknown): Promise<Mask> {
  try {
    return (await segmenter.propagate(image, memory)).mask;
  } catch (error) {
    if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
    return createMask(image.widthPx, image.heightPx);
  }
}
