import type { Task } from "../core/cell.ts";
import { isDreamlogError } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import type { Producer, StoredEvent } from "../events/envelope.ts";
import {
  cameraFrameCaptured,
  objectBoxLabelled,
  objectStateRecorded,
} from "../events/environment.ts";
import type { EventDefinition, PayloadOf } from "../events/eventDefinition.ts";
import type { cropTaken, keypointsSampled, maskSegmented } from "../events/perception.ts";
import type { DerivationRule } from "../ports/derivationRule.ts";
import type { Scene } from "../ports/environment.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import {
  cropFrame,
  cropProducer,
  type CameraEvent,
  type CropVariant,
} from "./derivations/cropFrame.ts";
import { deriveBy, type NamedStep } from "./derivations/deriveBy.ts";
import { keypointProducer, samplePoints } from "./derivations/samplePoints.ts";
import { anchorCauses, createMaskFollower, followMask, rememberTrack, type FollowingTools, type MaskFollower, type TrackAnchor } from "./derivations/followMask.ts"; // prettier-ignore
import { segmentMask, type BegunTrack, type BoxEvent, type FrameEvent } from "./derivations/segmentMask.ts"; // prettier-ignore
import { tellFailedObservation } from "./derivations/tellFailedObservation.ts";
import { cellProducer, labellerProducer } from "./producers.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type { CropVariant } from "./derivations/cropFrame.ts";
export type CropEvent = StoredEvent<PayloadOf<typeof cropTaken>>;
export type KeypointsEvent = StoredEvent<PayloadOf<typeof keypointsSampled>>;

/** A segmenter following one object through one camera's frames from one labelled box. */
export interface Track {
  readonly segmenter: Segmenter;
  readonly frame: FrameEvent;
  readonly box: BoxEvent;
  /** Begun on first use: a resumed session that finds every mask in the log never segments. */
  readonly begun: () => Promise<BegunTrack>;
  readonly follower: MaskFollower;
  /** What a sequential segmenter's next mask depends on beside its frame. */
  readonly trail: Trail;
}

/** The way of a track so far: it grows by every frame, and is cut where what is remembered is stored. */
interface Trail {
  anchor: TrackAnchor;
  /** Frames since the anchor, oldest first: `trailMax` at most. */
  frames: FrameEvent[];
}

/**
 * Frames after which what is remembered becomes an event. A mask names no more than these, so a watch of
 * hours costs the same from the first minute to the last; and SAM2 itself points back no further.
 */
const trailMax = 15;

/** What perception made of a labelled scene. */
export interface ObservedScene {
  readonly frame: FrameEvent;
  readonly track: Track;
  readonly mask: StoredEvent<PayloadOf<typeof maskSegmented>>;
  readonly keypoints: KeypointsEvent;
  readonly crop: CropEvent;
  readonly truth: StoredEvent<PayloadOf<typeof objectStateRecorded>> | null;
}

/** Logs a camera frame as JPEG; perception goes on with the pixels that the log gives back. */
export async function recordFrame(
  recorder: SessionRecorder,
  name: string,
  phase: PayloadOf<typeof cameraFrameCaptured>["phase"],
  image: RgbImage,
): Promise<FrameEvent> {
  const stored = await recorder.media.storeImage(image, "image/jpeg");
  return recorder.fact(
    `${name}/frame`,
    cameraFrameCaptured,
    { camera: "top", phase, image: stored },
    { producer: cellProducer },
  );
}

/** Logs a scene at rest with its label and true state, and derives mask, keypoints and crop. */
export async function observeScene(
  recorder: SessionRecorder,
  segmenter: Segmenter,
  camera: CameraEvent,
  observation: { readonly name: "start" | "goal"; readonly task: Task; readonly scene: Scene },
): Promise<ObservedScene> {
  const { name, task, scene } = observation;
  const frame = await recordFrame(recorder, name, name, scene.image);
  const box = await recorder.fact(
    `${name}/box`,
    objectBoxLabelled,
    { box: scene.box },
    { producer: labellerProducer, causes: [frame] },
  );
  const truth =
    scene.truth === null
      ? null
      : await recorder.fact(
          `${name}/objectState`,
          objectStateRecorded,
          { task, phase: name, particles: scene.truth.particles },
          { producer: cellProducer },
        );
  const track = startTrack(recorder, segmenter, frame, box);
  const mask = await deriveMask(recorder, track, name, frame);
  const step = { name: `${name}/keypoints`, producer: keypointProducer, causes: [mask] };
  const keypoints = await deriveOrTell(recorder, samplePoints, step, {});
  const crop = await deriveCrop(recorder, name, "objectOnly", camera, frame, mask);
  return { frame, track, mask, keypoints, crop, truth };
}

/** A later frame of the same camera: its mask by propagation, empty behind an arm, and its crop. */
export async function observeFrame(
  recorder: SessionRecorder,
  camera: CameraEvent,
  track: Track,
  name: string,
  frame: FrameEvent,
): Promise<{ readonly mask: ObservedScene["mask"]; readonly crop: CropEvent }> {
  const mask = await deriveMask(recorder, track, name, frame);
  return { mask, crop: await deriveCrop(recorder, name, "objectOnly", camera, frame, mask) };
}

/** The object's pixels in the track's first frame, or in one that comes after all it has followed. */
export async function deriveMask(
  recorder: SessionRecorder,
  track: Track,
  name: string,
  frame: FrameEvent,
): Promise<ObservedScene["mask"]> {
  const { segmenter, begun, follower, trail, ...started } = track;
  const { producer } = segmenter;
  const isFirst = frame.id === started.frame.id;
  const first = isFirst ? [frame, started.box] : [frame, started.frame, started.box];
  const step = { name: `${name}/mask`, producer, causes: first };
  if (segmenter.isSequential !== true) {
    const tools = { media: recorder.media, segmenter, beginTrack: begun };
    return deriveOrTell(recorder, segmentMask, step, tools);
  }
  const tools = { blobs: recorder.blobs, followerOf: () => Promise.resolve(follower) };
  if (isFirst) return deriveOrTell(recorder, followMask, step, tools);
  if (trail.frames.length === trailMax) await cutTrail(recorder, trail, { name, producer, tools });
  const causes = [frame, ...anchorCauses(trail.anchor), ...trail.frames];
  const mask = await deriveBy(recorder, followMask, { ...step, causes }, tools);
  trail.frames.push(frame);
  return mask;
}

/** Stores what is remembered after the trail's last frame; the next mask goes on from that. */
async function cutTrail(
  recorder: SessionRecorder,
  trail: Trail,
  next: {
    readonly name: string;
    readonly producer: Producer;
    readonly tools: FollowingTools;
  },
): Promise<void> {
  const between = trail.frames.slice(0, -1);
  const last = trail.frames.slice(-1);
  const memory = await deriveBy(
    recorder,
    rememberTrack,
    {
      name: `${next.name}/memory`,
      producer: next.producer,
      causes: [...last, ...anchorCauses(trail.anchor), ...between],
    },
    next.tools,
  );
  trail.anchor = { kind: "remembered", memory };
  trail.frames = [];
}

/**
 * Derives, or logs that nothing can be made of the picture.
 *
 * @throws {DreamlogError} `MASK_EMPTY` when that is so, once the log holds it.
 */
async function deriveOrTell<Tools, Definition extends EventDefinition>(
  recorder: SessionRecorder,
  rule: DerivationRule<Tools, Definition>,
  step: NamedStep,
  tools: Tools,
): Promise<StoredEvent<PayloadOf<Definition>>> {
  try {
    return await deriveBy(recorder, rule, step, tools);
  } catch (error) {
    if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
    const failing = tellFailedObservation(rule);
    await deriveBy(recorder, failing, { ...step, name: `${step.name}/failed` }, tools);
    throw error;
  }
}

/** The workspace square of a frame: the object on white, or the full scene for the ablation. */
export function deriveCrop(
  recorder: SessionRecorder,
  name: string,
  variant: CropVariant,
  camera: CameraEvent,
  frame: FrameEvent,
  mask: ObservedScene["mask"],
): Promise<CropEvent> {
  const step = {
    name: `${name}/crop/${variant}`,
    producer: cropProducer(variant),
    causes: variant === "objectOnly" ? [frame, camera, mask] : [frame, camera],
  };
  return deriveBy(recorder, cropFrame, step, { media: recorder.media });
}

/** Follows the object from a frame and the box labelled in it. */
export function startTrack(
  recorder: SessionRecorder,
  segmenter: Segmenter,
  frame: FrameEvent,
  box: BoxEvent,
): Track {
  let begun: ReturnType<Track["begun"]> | undefined;
  const begin = async () =>
    segmenter.begin(await recorder.media.loadImage(frame.payload.image), box.payload.box);
  return {
    ...{ segmenter, frame, box, begun: () => (begun ??= begin()) },
    follower: createMaskFollower(segmenter, recorder),
    trail: { anchor: { kind: "labelled", frame, box }, frames: [] },
  };
}
