import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { Count, Finite, TaskSchema } from "./media.ts";

/** Score from the true state. Causes: the goal state and the final state of the object. */
export const outcomeScored = defineEvent({
  type: "evaluation.outcomeScored",
  kind: "derived",
  schema: v.strictObject({
    score: v.picklist([0, 0.5, 1]),
    /** Distance between final and goal shape, metres. */
    errorM: Finite,
  }),
});

/** One method's results over its trials. Causes: the outcomes. */
export const methodEvaluated = defineEvent({
  type: "evaluation.methodEvaluated",
  kind: "derived",
  schema: v.strictObject({
    method: v.string(),
    task: TaskSchema,
    trials: Count,
    mean: Finite,
    /** Bootstrap 95 % interval. */
    low: Finite,
    high: Finite,
  }),
});

/** PSNR in dB of dreams against what really happened, over the final object frame. */
export const dreamsMeasured = defineEvent({
  type: "evaluation.dreamsMeasured",
  kind: "derived",
  schema: v.strictObject({
    variant: v.picklist(["objectOnly", "fullScene", "copyFirstFrame"]),
    clips: Count,
    psnrDb: Finite,
    objectIou: Finite,
  }),
});

/** How often the judge's choice among dreams is among the true best of its candidates. */
export const judgeMeasured = defineEvent({
  type: "evaluation.judgeMeasured",
  kind: "derived",
  schema: v.strictObject({
    groups: Count,
    topOneRate: Finite,
    topThreeRate: Finite,
    kendallTau: Finite,
  }),
});
