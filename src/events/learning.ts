import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import {
  BlobRefSchema,
  Count,
  Finite,
  Float32Schema,
  KeypointActionSchema,
  TaskSchema,
} from "./media.ts";

/** One positive and K − 1 negatives for one prompt. Causes: plan, verdict, both keypoint sets. */
export const preferencesPaired = defineEvent({
  type: "learning.preferencesPaired",
  kind: "derived",
  schema: v.strictObject({
    task: TaskSchema,
    positive: KeypointActionSchema,
    negatives: v.pipe(v.array(KeypointActionSchema), v.minLength(1)),
  }),
});

/** Weights that came from outside the log: a committed fixture or a user's file. */
export const checkpointImported = defineEvent({
  type: "learning.checkpointImported",
  kind: "fact",
  schema: v.strictObject({
    role: v.picklist(["planner", "worldModelBackbone", "worldModelControl"]),
    origin: v.string(),
    weights: BlobRefSchema,
    /** Architecture and provenance, JSON text with sorted keys. */
    settings: v.string(),
  }),
});

/**
 * Training finished. Causes: the checkpoint it started from, then every event it learned from.
 * `curve` has shape [rows, columns.length].
 */
export const checkpointTrained = defineEvent({
  type: "learning.checkpointTrained",
  kind: "derived",
  schema: v.strictObject({
    role: v.picklist(["planner", "worldModelBackbone", "worldModelControl"]),
    loss: v.string(),
    stepCount: Count,
    weights: BlobRefSchema,
    columns: v.array(v.string()),
    curve: Float32Schema,
    /** Value of the selection measure at the step that was kept. */
    selected: v.strictObject({ step: Count, measure: v.string(), value: Finite }),
    settings: v.string(),
  }),
});
