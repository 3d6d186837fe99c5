import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { BlobRefSchema, Count } from "./media.ts";

/** Blobs were dropped from the log on purpose, to make room. The events that named them stay. */
export const logPruned = defineEvent({
  type: "log.pruned",
  kind: "fact",
  schema: v.strictObject({
    blobCount: Count,
    bytes: Count,
    /** Their digests, 32 bytes each, in order. */
    dropped: BlobRefSchema,
    /** Beginnings of the names of sessions that kept theirs; null when only blobs without an event went. */
    keptSessions: v.nullable(v.array(v.string())),
  }),
});
