import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { Count } from "./media.ts";

const TimeUs = v.pipe(v.number(), v.safeInteger());

/** Events that a source offered and the log could not take in time: they are lost. */
export const streamDropped = defineEvent({
  type: "stream.dropped",
  kind: "fact",
  schema: v.strictObject({
    /** Name of the stream in its session. */
    stream: v.string(),
    count: v.pipe(Count, v.minValue(1)),
    /** Source times of the first and the last of them, integer microseconds. */
    firstSourceTimeUs: TimeUs,
    lastSourceTimeUs: TimeUs,
  }),
});
