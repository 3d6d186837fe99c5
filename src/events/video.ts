import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { BlobRefSchema, Count, Float64Schema } from "./media.ts";

const TimeUs = v.pipe(v.number(), v.safeInteger());

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
    /** Of each frame in order, integer microseconds: whole numbers are exact up to 2^53. */
    frameTimesUs: Float64Schema,
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
