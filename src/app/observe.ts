import type { PinholeCamera } from "../core/camera.ts";
import { cropSidePx, cropWindow, keypointCount } from "../core/cell.ts";
import { isDreamlogError } from "../core/errors.ts";
import { createMask, type Mask, type RgbImage } from "../core/image.ts";
import { decodeMask, encodeMask } from "../core/maskRuns.ts";
import type { StoredEvent } from "../events/envelope.ts";
import {
  cameraFrameCaptured,
  objectBoxLabelled,
  objectStateRecorded,
} from "../events/environment.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import { cropTaken, keypointsSampled, maskSegmented } from "../events/perception.ts";
import type { Task } from "../core/cell.ts";
import { loadImage, storeImage } from "../media/storedImage.ts";
import { sampleKeypoints } from "../perception/farthestPointSampling.ts";
import { takeCrop } from "../perception/objectCrop.ts";
import type { Scene } from "../ports/environment.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import { cellProducer, exactProducer, labellerProducer } from "./producers.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

const keypointProducer = exactProducer("perception.farthestPointSampling", 1, {
  count: keypointCount,
});
const cropProducer = (variant: CropVariant) =>
  exactProducer("perception.crop", 1, { variant, sidePx: cropSidePx });

export type CropVariant = PayloadOf<typeof cropTaken>["variant"];
type FrameEvent = StoredEvent<PayloadOf<typeof cameraFrameCaptured>>;
export type CropEvent = StoredEvent<PayloadOf<typeof cropTaken>>;
export type KeypointsEvent = StoredEvent<PayloadOf<typeof keypointsSampled>>;

/** A segmenter following one object through one camera's frames from one labelled box. */
export interface Track {
  readonly segmenter: Segmenter;
  readonly frame: FrameEvent;
  readonly box: StoredEvent;
  /** Begun on first use: a resumed session that finds every mask in the log never segments. */
  begun(): Promise<{ readonly mask: Mask; readonly memory: unknown }>;
}

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
  const stored = await storeImage(recorder.blobs, image, "image/jpeg");
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
  camera: PinholeCamera,
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
  const mask = await recorder.derived(
    `${name}/mask`,
    maskSegmented,
    { producer: segmenter.producer, causes: [frame, box] },
    async () => ({ mask: encodeMask((await track.begun()).mask) }),
  );
  const keypoints = await recorder.derived(
    `${name}/keypoints`,
    keypointsSampled,
    { producer: keypointProducer, causes: [mask] },
    () => ({
      count: keypointCount,
      points: sampleKeypoints(decodeMask(mask.payload.mask), keypointCount),
    }),
  );
  const crop = await deriveCrop(recorder, name, "objectOnly", camera, frame, mask);
  return { frame, track, mask, keypoints, crop, truth };
}

/** A later frame of the same camera: its mask by propagation, empty behind an arm, and its crop. */
export async function observeFrame(
  recorder: SessionRecorder,
  camera: PinholeCamera,
  track: Track,
  name: string,
  frame: FrameEvent,
): Promise<{ readonly mask: ObservedScene["mask"]; readonly crop: CropEvent }> {
  const mask = await recorder.derived(
    `${name}/mask`,
    maskSegmented,
    { producer: track.segmenter.producer, causes: [frame, track.frame, track.box] },
    async () => {
      const { memory } = await track.begun();
      const image = await loadImage(recorder.blobs, frame.payload.image);
      return { mask: encodeMask(await visibleMask(track.segmenter, image, memory)) };
    },
  );
  return { mask, crop: await deriveCrop(recorder, name, "objectOnly", camera, frame, mask) };
}

async function visibleMask(segmenter: Segmenter, image: RgbImage, memory: unknown): Promise<Mask> {
  try {
    return (await segmenter.propagate(image, memory)).mask;
  } catch (error) {
    if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
    return createMask(image.widthPx, image.heightPx);
  }
}

/** The workspace square of a frame: the object on white, or the full scene for the ablation. */
export function deriveCrop(
  recorder: SessionRecorder,
  name: string,
  variant: CropVariant,
  camera: PinholeCamera,
  frame: FrameEvent,
  mask: ObservedScene["mask"],
): Promise<CropEvent> {
  return recorder.derived(
    `${name}/crop/${variant}`,
    cropTaken,
    {
      producer: cropProducer(variant),
      causes: variant === "objectOnly" ? [frame, mask] : [frame],
    },
    async () => {
      const image = await loadImage(recorder.blobs, frame.payload.image);
      const window = cropWindow(camera);
      const object = variant === "objectOnly" ? decodeMask(mask.payload.mask) : null;
      const crop = takeCrop(image, object, window, cropSidePx);
      return { variant, window, image: await storeImage(recorder.blobs, crop, "image/qoi") };
    },
  );
}

/** Follows the object from a frame and the box labelled in it. */
export function startTrack(
  recorder: SessionRecorder,
  segmenter: Segmenter,
  frame: FrameEvent,
  box: StoredEvent<PayloadOf<typeof objectBoxLabelled>>,
): Track {
  let begun: ReturnType<Track["begun"]> | undefined;
  const begin = async () =>
    segmenter.begin(await loadImage(recorder.blobs, frame.payload.image), box.payload.box);
  return { segmenter, frame, box, begun: () => (begun ??= begin()) };
}
