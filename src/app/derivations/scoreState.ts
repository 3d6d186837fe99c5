import { objectStateRecorded } from "../../events/environment.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import { scoreOutcome } from "../../sim/tasks/scoring.ts";
import { scoringProducer } from "../producers.ts";
import { causeAt, stepwiseRule } from "./rule.ts";

/** A trial's score. Causes: the object's true state in the goal, and its final one. */
export const scoreState = stepwiseRule<unknown, typeof outcomeScored>({
  definition: outcomeScored,
  component: scoringProducer.component,
  producerNow: () => scoringProducer,
  computeOne(step) {
    const goal = causeAt(step, 0, objectStateRecorded).payload;
    const final = causeAt(step, 1, objectStateRecorded).payload;
    return scoreOutcome(final.task, goal.particles, final.particles);
  },
});
