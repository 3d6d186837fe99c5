import { DreamlogError } from "../../core/errors.ts";
import type { Mask } from "../../core/image.ts";
import type { Producer } from "../../events/envelope.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import { encoderInput } from "./encoderInput.ts";
import type { ImageModel } from "./imageModel.ts";
import { boundsOf, widened } from "./maskBounds.ts";
import { bestCandidate, maskOfLogits } from "./maskLogits.ts";
import { encodePrompt } from "./maskPrompt.ts";
import { beginBank, remember, type MemoryBank } from "./memoryBank.ts";
import { choosePrompt, type Prompting } from "./prompting.ts";
import type { VideoModel } from "./videoModel.ts";

/** A segmenter with weights in memory. */
export type LoadedSegmenter<Memory> = Segmenter<Memory> & { release(): Promise<void> };

/**
 * SAM2 with its memory: a prompt in the first frame, and every further frame is conditioned on the
 * bank of those before (SAM 2, section 4). An occluded object gives an empty mask and is still
 * remembered.
 */
export function createVideoSegmenter(
  model: VideoModel,
  producer: Producer,
  prompting: Prompting,
): LoadedSegmenter<MemoryBank> {
  return {
    producer,
    isSequential: true,
    async begin(frame, box) {
      const features = await model.encode(encoderInput(frame));
      const prompt = await choosePrompt(prompting, frame, box, async (tried) => [
        await model.segment(features, encodePrompt(tried, frame)),
      ]);
      const segmented = await model.segment(features, encodePrompt(prompt, frame));
      const mask = nonEmpty(maskOfLogits(segmented.logits, frame));
      return { mask, memory: beginBank(await model.encodeMemory(features, segmented, true)) };
    },
    async propagate(frame, bank) {
      const features = await model.encode(encoderInput(frame));
      const segmented = await model.follow(features, bank);
      const memory = remember(bank, await model.encodeMemory(features, segmented, false));
      return { mask: maskOfLogits(segmented.logits, frame), memory };
    },
    release: () => model.release(),
  };
}

/** What is passed on from picture to picture where there are no memory graphs. */
export interface LastMask {
  /** Shape [256, 256], of the last frame that showed the object. */
  readonly logits: Float32Array;
  readonly mask: Mask;
}

/** An object moves less than this share of the picture's width between two frames. */
const motionShareMax = 0.05;

/**
 * SAM2's encoder and decoder alone. The next frame is prompted with where the object was last: the box
 * about it, widened, and its logits as the decoder's mask input. That follows what moves slowly and
 * stays in sight; a video model follows the rest.
 */
export function createImageSegmenter(
  model: ImageModel,
  producer: Producer,
  prompting: Prompting,
): LoadedSegmenter<LastMask> {
  return {
    producer,
    isSequential: true,
    async begin(frame, box) {
      const features = await model.encode(encoderInput(frame));
      const prompt = await choosePrompt(prompting, frame, box, (tried) =>
        model.decode(features, encodePrompt(tried, frame), null),
      );
      const candidates = await model.decode(features, encodePrompt(prompt, frame), null);
      const { logits } = bestCandidate(candidates);
      const mask = nonEmpty(maskOfLogits(logits, frame));
      return { mask, memory: { logits, mask } };
    },
    async propagate(frame, memory) {
      const features = await model.encode(encoderInput(frame));
      const bounds = boundsOf(memory.mask);
      const box = bounds && widened(bounds, Math.round(motionShareMax * frame.widthPx));
      const prompt = encodePrompt({ box, points: [] }, frame);
      const { logits } = bestCandidate(await model.decode(features, prompt, memory.logits));
      const mask = maskOfLogits(logits, frame);
      return { mask, memory: mask.bits.includes(1) ? { logits, mask } : memory };
    },
    release: () => model.release(),
  };
}

function nonEmpty(mask: Mask): Mask {
  if (mask.bits.includes(1)) return mask;
  throw new DreamlogError(
    "MASK_EMPTY",
    "expected SAM2 to find an object at the prompt, found that every logit is at most 0; draw the box closer round the object, or give points=",
    { widthPx: mask.widthPx, heightPx: mask.heightPx },
  );
}
