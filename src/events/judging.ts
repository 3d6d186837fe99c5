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

/**
 * A person held K dreams against the goal, or took the answer before back. Causes: the goal's crop and
 * the K dreams, in order of candidate, as in a verdict.
 */
export const humanAnswered = defineEvent({
  type: "judge.humanAnswered",
  kind: "effect",
  schema: v.strictObject({
    rater: v.string(),
    /** The start that the dreams are of, such as `rope/00003`. */
    group: v.string(),
    /** Names the shuffle by which dreams got their letters, so that places give no hint. */
    sheet: v.string(),
    /** By letter: index of the dream that was shown under it. */
    shown: v.array(Count),
    answer: v.picklist(["ranked", "unsure", "withdrawn"]),
    /** What was written, by letter, such as `C > A = B`; null unless ranked. */
    ranking: v.nullable(v.string()),
    given: v.picklist(["terminal", "sheet"]),
    /** From the pictures to the answer; null where nobody measured. */
    tookMs: v.nullable(Count),
  }),
});
