import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { observationFailed } from "../../events/perception.ts";
import type { DerivationRule } from "../../ports/derivationRule.ts";

/**
 * That a rule can make nothing of its causes, as an event. Causes: those of what the rule would have
 * made; replay tries it again, and it must fail the same way.
 */
export function tellFailedObservation<Tools>(
  rule: DerivationRule<Tools>,
): DerivationRule<Tools, typeof observationFailed> {
  return {
    definition: observationFailed,
    component: rule.component,
    producerNow: (recorded, tools) => rule.producerNow(recorded, tools),
    async compute(steps, tools) {
      const payloads = [];
      for (const step of steps) {
        payloads.push(
          await rule.compute([step], tools).then(unexpectedSuccess, (error: unknown) => {
            if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
            return { code: error.code, reason: error.message };
          }),
        );
      }
      return payloads;
    },
  };
}

function unexpectedSuccess(): never {
  throw new DreamlogError(
    "ANSWER_INVALID",
    "expected that nothing can be made of the picture, found that it can be segmented",
  );
}
