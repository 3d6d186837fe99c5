import { DreamlogError } from "../../core/errors.ts";
import type { Producer } from "../../events/envelope.ts";
import { actionChosen, planProposed } from "../../events/planning.ts";
import { chooserProducer } from "../producers.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

/** The configuration says which candidate: why it was that one is the session's own business. */
export function choiceProducer(candidate: number): Producer {
  return { ...chooserProducer, config: { candidate } };
}

/**
 * The candidate that is carried out. Causes: the plan, both keypoint sets, and what spoke for the
 * candidate, such as a verdict.
 */
export const chooseAction = stepwiseRule<unknown, typeof actionChosen>({
  definition: actionChosen,
  component: chooserProducer.component,
  producerNow: (recorded) => sameConfiguration(recorded, chooserProducer),
  computeOne(step) {
    const { candidates } = causeAt(step, 0, planProposed).payload;
    const candidate = step.producer.config["candidate"];
    const action = typeof candidate === "number" ? candidates[candidate]?.action : undefined;
    if (typeof candidate === "number" && action !== undefined) return { action, candidate };
    throw new DreamlogError(
      "EVENT_INVALID",
      `expected one of the plan's ${candidates.length} candidates to be chosen, found ${JSON.stringify(candidate)}`,
      { candidate, candidates: candidates.length },
    );
  },
});
