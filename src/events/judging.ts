import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { Count, Finite } from "./media.ts";

/** K dreams held against the goal. Causes: the goal's crop and the K dreams, in order of candidate. */
export const verdictGiven = defineEvent({
  type: "judge.verdictGiven",
  kind: "derived",
  schema: v.strictObject({
    /** Indices of the dreams among the causes after the goal, best first; ties in their order. */
    ranking: v.array(Count),
    /** By dream: smaller is nearer to the goal. */
    distances: v.array(Finite),
    best: Count,
    isTied: v.boolean(),
  }),
});

/** The judge could not decide. Not a verdict, and never counted as a failed trial. */
export const judgementFailed = defineEvent({
  type: "judge.judgementFailed",
  kind: "derived",
  schema: v.strictObject({ code: v.string(), reason: v.string() }),
});
