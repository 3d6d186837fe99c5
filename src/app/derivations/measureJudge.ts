import { invariant } from "../../core/errors.ts";
import { judgeMeasured, outcomeScored } from "../../events/evaluation.ts";
import { verdictGiven } from "../../events/judging.ts";
import { sessionClosed } from "../../events/session.ts";
import { measureAgreement, type JudgedGroup } from "../../judging/agreement.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, isA, stepwiseRule } from "./rule.ts";

export const judgeMeasurementProducer = exactProducer("app.judgeMeasurement", 1);

/**
 * The judge's choice against what all candidates really did. Causes, group after group: for each
 * judged dream the outcome of carrying its candidate out, or the end of the trial that has none; then
 * the verdict.
 */
export const measureJudge = stepwiseRule<unknown, typeof judgeMeasured>({
  definition: judgeMeasured,
  component: judgeMeasurementProducer.component,
  producerNow: () => judgeMeasurementProducer,
  computeOne(step) {
    const groups: JudgedGroup[] = [];
    let actual: number[] = [];
    for (const [at, cause] of step.causes.entries()) {
      if (isA(cause, verdictGiven)) {
        const judged = cause.payload.distances;
        invariant(judged.length === actual.length, `verdict ${cause.id} has an outcome a dream`);
        groups.push({ judged, actual });
        actual = [];
      } else if (isA(cause, sessionClosed)) actual.push(Infinity);
      else actual.push(causeAt(step, at, outcomeScored).payload.errorM);
    }
    return measureAgreement(groups);
  },
});
