import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { BlobRefSchema, Count, Finite, Float32Schema, Float64Schema } from "./media.ts";

/**
 * One numeric feature of an imported episode, as the data set held it. Version 1 had 32-bit values,
 * whatever the data set had.
 */
export const featureImported = defineEvent({
  type: "exchange.featureImported",
  kind: "fact",
  version: 2,
  upcasts: [(payload) => payload],
  schema: v.strictObject({
    /** Such as `observation.state`. */
    feature: v.string(),
    /** Names of the columns; null where the data set does not tell. */
    names: v.nullable(v.array(v.string())),
    rateHz: Finite,
    rowCount: Count,
    width: Count,
    /** Shape [rowCount, width]; of 64 bits where the feature's numbers may need them. */
    values: v.union([Float32Schema, Float64Schema]),
  }),
});

/** One comparison of an imported preference set, in the words of the set. */
export const preferenceImported = defineEvent({
  type: "exchange.preferenceImported",
  kind: "fact",
  schema: v.strictObject({
    /** Which trainer the set was written for. */
    format: v.string(),
    prompt: v.string(),
    /** The pictures as their files were, in the order the prompt speaks of them. */
    images: v.array(BlobRefSchema),
    chosen: v.string(),
    rejected: v.string(),
  }),
});
