import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { Count, Finite, Float32Schema } from "./media.ts";

/** One numeric feature of an imported episode, as the data set held it. */
export const featureImported = defineEvent({
  type: "exchange.featureImported",
  kind: "fact",
  schema: v.strictObject({
    /** Such as `observation.state`. */
    feature: v.string(),
    /** Names of the columns; null where the data set does not tell. */
    names: v.nullable(v.array(v.string())),
    rateHz: Finite,
    rowCount: Count,
    width: Count,
    /** Shape [rowCount, width]. */
    values: Float32Schema,
  }),
});
