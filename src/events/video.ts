import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { BlobRefSchema, Count } from "./media.ts";

const TimeUs = v.pipe(v.number(), v.safeInteger());
/** Source time of each frame in order, integer microseconds; whole numbers are exact up to 2^53. */
const FrameTimesSchema = v.custom<Float64Array>(
  (value) => value instanceof Float64Array,
  "expected a Float64Array",
);

/**
 * Frames of a live camera, encoded on the way in: a file of its own that begins with a key frame.
 * Frame k was taken at `frameTimesUs[k]`; the event's source time is that of the first.
 */
export const videoSegmentRecorded = defineEvent({
  type: "camera.videoSegmentRecorded",
  kind: "fact",
  schema: v.strictObject({
    camera: v.string(),
    video: BlobRefSchema,
    widthPx: Count,
    heightPx: Count,
    frameTimesUs: FrameTimesSchema,
  }),
});

/** Frames of a live camera that are in no segment: they are lost. */
export const videoInterrupted = defineEvent({
  type: "camera.videoInterrupted",
  kind: "fact",
  schema: v.strictObject({
    camera: v.string(),
    /** `encoderDied`: with what it had not finished; `encoderBehind`: too many waited for it. */
    reason: v.picklist(["encoderDied", "encoderBehind"]),
    frameCount: v.pipe(Count, v.minValue(1)),
    firstTimeUs: TimeUs,
    lastTimeUs: TimeUs,
    note: v.string(),
  }),
});
