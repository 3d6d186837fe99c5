import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { BoxSchema, Count, Float32Schema, MaskSchema, MediaRefSchema } from "./media.ts";

/** The object's pixels in one frame. Causes: the frame, the frame and box that started the track. */
export const maskSegmented = defineEvent({
  type: "perception.maskSegmented",
  kind: "derived",
  schema: v.strictObject({ mask: MaskSchema }),
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
