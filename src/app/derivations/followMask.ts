import { digestFields, type Digest } from "../../core/digest.ts";
import type { Mask } from "../../core/image.ts";
import { encodeMask } from "../../core/maskRuns.ts";
import type { Producer } from "../../events/envelope.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../events/environment.ts";
import { maskSegmented } from "../../events/perception.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import { sam2Component } from "../../perception/sam2/loadSam2.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import { causeAt, causesFrom, sameConfiguration, stepwiseRule } from "./rule.ts";
import type { BegunTrack, BoxEvent, FrameEvent } from "./segmentMask.ts";

/** A sequential segmenter with what it remembers of the frames it saw lately. */
export interface MaskFollower {
  readonly segmenter: Segmenter;
  /**
   * The object's pixels in the last of `frames`, followed from the box in the first frame through all
   * of them; in the first frame itself where there are none.
   */
  maskAfter(first: FrameEvent, box: BoxEvent, frames: readonly FrameEvent[]): Promise<Mask>;
}

export interface FollowingTools {
  /** The follower of the segmenter that a producer names. */
  readonly followerOf: (producer: Producer) => Promise<MaskFollower>;
}

/**
 * The object's pixels, by a segmenter that remembers. Causes: the frame with its box; or a later frame,
 * the frame and box that started the track, and the frames between, oldest first: its memory is a
 * function of them all, so it needs no event of its own.
 */
export const followMask = stepwiseRule<FollowingTools, typeof maskSegmented>({
  definition: maskSegmented,
  component: sam2Component,
  producerNow: async (recorded, { followerOf }) =>
    sameConfiguration(recorded, (await followerOf(recorded)).segmenter.producer),
  async computeOne(step, { followerOf }) {
    const follower = await followerOf(step.producer);
    const frame = causeAt(step, 0, cameraFrameCaptured);
    if (step.causes.length === 2) {
      const box = causeAt(step, 1, objectBoxLabelled);
      return { mask: encodeMask(await follower.maskAfter(frame, box, [])) };
    }
    const first = causeAt(step, 1, cameraFrameCaptured);
    const box = causeAt(step, 2, objectBoxLabelled);
    const frames = [...causesFrom(step, 3, cameraFrameCaptured), frame];
    return { mask: encodeMask(await follower.maskAfter(first, box, frames)) };
  },
});

/** States kept: sessions that several threads recorded side by side interleave. */
const keptStates = 8;

/**
 * Keeps the latest states, so that following frame after frame costs one frame each; any other asking
 * begins anew, and comes to the same.
 */
export function createMaskFollower(
  segmenter: Segmenter,
  media: Pick<MediaShelf, "loadImage">,
): MaskFollower {
  const states = new Map<Digest, BegunTrack>();
  const keep = (name: Digest, state: BegunTrack) => {
    states.delete(name);
    states.set(name, state);
    const [oldest] = states.keys();
    if (states.size > keptStates && oldest !== undefined) states.delete(oldest);
  };
  return {
    segmenter,
    async maskAfter(first, box, frames) {
      const names = namesOf(first, box, frames);
      let done = names.findLastIndex((name) => states.has(name));
      let state = states.get(names[done] ?? ("" as Digest));
      if (state === undefined) {
        state = await segmenter.begin(await media.loadImage(first.payload.image), box.payload.box);
        done = 0;
      }
      keep(names[done]!, state);
      for (; done < frames.length; done++) {
        const image = await media.loadImage(frames[done]!.payload.image);
        state = await segmenter.propagate(image, state.memory);
        keep(names[done + 1]!, state);
      }
      return state.mask;
    },
  };
}

/** Names the states after the first frame and after each further one, by all that led there. */
function namesOf(first: FrameEvent, box: BoxEvent, frames: readonly FrameEvent[]): Digest[] {
  const names = [digestFields([first.contentDigest, box.contentDigest])];
  for (const frame of frames) names.push(digestFields([names.at(-1)!, frame.contentDigest]));
  return names;
}
