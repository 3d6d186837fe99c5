import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import {
  BlobRefSchema,
  BoxSchema,
  Count,
  Float32Schema,
  MaskSchema,
  MediaRefSchema,
} from "./media.ts";

/**
 * The object's pixels in one frame. Causes: the frame, the frame and box that started the track. By a
 * segmenter that remembers: the frames between as well; or the frame, what was remembered before it
 * (`perception.trackRemembered`), and the frames since.
 */
export const maskSegmented = defineEvent({
  type: "perception.maskSegmented",
  kind: "derived",
  schema: v.strictObject({ mask: MaskSchema }),
});

/**
 * What a segmenter remembers of the object after a frame, so that later masks need not name all frames
 * before it. Causes: those of the frame's mask. `outline` is the memory as JSON in which an array stands
 * as `{"float32": n}` or `{"uint8": n}`, the n-th of `arrays`: raw little-endian numbers.
 */
export const trackRemembered = defineEvent({
  type: "perception.trackRemembered",
  kind: "derived",
  schema: v.strictObject({ outline: v.string(), arrays: v.array(BlobRefSchema) }),
});

/**
 * A picture that nothing can be made of: no object in the box, or too little of it. Causes: those of the
 * mask or of the keypoints, had there been any. The session it ends is a failed one and no trial.
 */
export const observationFailed = defineEvent({
  type: "perception.observationFailed",
  kind: "derived",
  schema: v.strictObject({ code: v.string(), reason: v.string() }),
});

/** Farthest point sampling over a mask: shape [count, 2], pixels (x, y) of the full frame. */
export const keypointsSampled = defineEvent({
  type: "perception.keypointsSampled",
  kind: "derived",
  schema: v.strictObject({ count: Count, points: Float32Schema }),
});

/**
 * The workspace square of a frame, the object only, on white (or, for the full-scene ablation, with
 * everything in it). Causes: the frame, the camera and, for the object only, its mask.
 */
export const cropTaken = defineEvent({
  type: "perception.cropTaken",
  kind: "derived",
  schema: v.strictObject({
    variant: v.picklist(["objectOnly", "fullScene"]),
    window: BoxSchema,
    image: MediaRefSchema,
  }),
});

/** The frame with its keypoints drawn and numbered (set-of-mark). */
export const marksDrawn = defineEvent({
  type: "perception.marksDrawn",
  kind: "derived",
  schema: v.strictObject({ image: MediaRefSchema }),
});
