import { digestFields, type Digest } from "../../core/digest.ts";
import type { Mask } from "../../core/image.ts";
import { encodeMask } from "../../core/maskRuns.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../events/environment.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { maskSegmented, trackRemembered } from "../../events/perception.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import { sam2Component } from "../../perception/sam2/loadSam2.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import { causeAt, causesFrom, isA, sameConfiguration, stepwiseRule } from "./rule.ts";
import type { BoxEvent, FrameEvent } from "./segmentMask.ts";
import { loadMemory, storeMemory } from "./storedMemory.ts";

export type MemoryEvent = StoredEvent<PayloadOf<typeof trackRemembered>>;

/** What a track goes on from: the frame that it begins in, labelled; or what was remembered later. */
export type TrackAnchor =
  | { readonly kind: "labelled"; readonly frame: FrameEvent; readonly box: BoxEvent }
  | { readonly kind: "remembered"; readonly memory: MemoryEvent };

/** The same as causes of what is made from it. */
export function anchorCauses(anchor: TrackAnchor): readonly StoredEvent[] {
  return anchor.kind === "labelled" ? [anchor.frame, anchor.box] : [anchor.memory];
}

/** What a segmenter made of the last frame it saw. */
interface FollowedState {
  /** Null where nothing was seen since the memory was read. */
  readonly mask: Mask | null;
  readonly memory: unknown;
}

/** A sequential segmenter with what it remembers of the frames it saw lately. */
export interface MaskFollower {
  readonly segmenter: Segmenter;
  /** What it made of the last of `frames`, or of the labelled frame itself where there are none. */
  stateAfter(anchor: TrackAnchor, frames: readonly FrameEvent[]): Promise<FollowedState>;
}

export interface FollowingTools {
  readonly blobs: BlobStore;
  /** The follower of the segmenter that a producer names. */
  readonly followerOf: (producer: Producer) => Promise<MaskFollower>;
}

const producerNow = async (recorded: Producer, { followerOf }: FollowingTools) =>
  sameConfiguration(recorded, (await followerOf(recorded)).segmenter.producer);

/**
 * The object's pixels, by a segmenter that remembers. Causes: the frame with its box; or a later frame,
 * what the track goes on from, and the frames between, oldest first: its memory is a function of them
 * all.
 */
export const followMask = stepwiseRule<FollowingTools, typeof maskSegmented>({
  definition: maskSegmented,
  component: sam2Component,
  producerNow,
  async computeOne(step, tools) {
    const { mask } = await stateOf(step, tools);
    if (mask !== null) return { mask: encodeMask(mask) };
    throw new DreamlogError("EVENT_INVALID", "expected a frame to follow an object in, found none");
  },
});

/** What the segmenter remembers after a frame. Causes: those of the frame's mask. */
export const rememberTrack = stepwiseRule<FollowingTools, typeof trackRemembered>({
  definition: trackRemembered,
  component: sam2Component,
  producerNow,
  async computeOne(step, tools) {
    return storeMemory((await stateOf(step, tools)).memory, tools.blobs);
  },
});

/** @throws {DreamlogError} `EVENT_INVALID` for causes that no mask is followed by. */
async function stateOf(step: DerivationStep, tools: FollowingTools): Promise<FollowedState> {
  const follower = await tools.followerOf(step.producer);
  const last = causeAt(step, 0, cameraFrameCaptured);
  const second = step.causes[1];
  if (second !== undefined && isA(second, trackRemembered)) {
    const between = causesFrom(step, 2, cameraFrameCaptured);
    return follower.stateAfter({ kind: "remembered", memory: second }, [...between, last]);
  }
  if (step.causes.length === 2) {
    const box = causeAt(step, 1, objectBoxLabelled);
    return follower.stateAfter({ kind: "labelled", frame: last, box }, []);
  }
  const frame = causeAt(step, 1, cameraFrameCaptured);
  const box = causeAt(step, 2, objectBoxLabelled);
  const between = causesFrom(step, 3, cameraFrameCaptured);
  return follower.stateAfter({ kind: "labelled", frame, box }, [...between, last]);
}

/** States kept: sessions that several threads recorded side by side interleave. */
const keptStates = 8;

/**
 * Keeps the latest states, so that following frame after frame costs one frame each; any other asking
 * begins anew, and comes to the same.
 */
export function createMaskFollower(
  segmenter: Segmenter,
  {
    media,
    blobs,
  }: {
    readonly media: Pick<MediaShelf, "loadImage">;
    readonly blobs: Pick<BlobStore, "get">;
  },
): MaskFollower {
  const states = new Map<Digest, FollowedState>();
  const keep = (name: Digest, state: FollowedState) => {
    states.delete(name);
    states.set(name, state);
    const [oldest] = states.keys();
    if (states.size > keptStates && oldest !== undefined) states.delete(oldest);
  };
  const begin = async (anchor: TrackAnchor): Promise<FollowedState> => {
    if (anchor.kind === "remembered") {
      return { mask: null, memory: await loadMemory(anchor.memory.payload, blobs) };
    }
    const { frame, box } = anchor;
    return segmenter.begin(await media.loadImage(frame.payload.image), box.payload.box);
  };
  return {
    segmenter,
    async stateAfter(anchor, frames) {
      const names = namesOf(anchor, frames);
      let done = names.findLastIndex((name) => states.has(name));
      let state = states.get(names[done] ?? ("" as Digest));
      if (state === undefined) {
        state = await begin(anchor);
        done = 0;
      }
      keep(names[done]!, state);
      for (; done < frames.length; done++) {
        const image = await media.loadImage(frames[done]!.payload.image);
        state = await segmenter.propagate(image, state.memory);
        keep(names[done + 1]!, state);
      }
      return state;
    },
  };
}

/** Names the states at the anchor and after each further frame, by all that led there. */
function namesOf(anchor: TrackAnchor, frames: readonly FrameEvent[]): Digest[] {
  const names = [digestFields(anchorCauses(anchor).map(({ contentDigest }) => contentDigest))];
  for (const frame of frames) names.push(digestFields([names.at(-1)!, frame.contentDigest]));
  return names;
}
