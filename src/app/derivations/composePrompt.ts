import { actionSpaceOf } from "../../core/actionSpace.ts";
import type { Task } from "../../core/cell.ts";
import type { Producer } from "../../events/envelope.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { promptComposed } from "../../events/planning.ts";
import { composePrompt } from "../../planning/actionGrammar.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

export function promptProducer(config: {
  readonly task: Task;
  readonly candidateCount: number;
}): Producer {
  return exactProducer("planning.prompt", 1, config);
}

/** What a planner is asked. Causes: the keypoints of the observation and of the goal. */
export const promptRule = stepwiseRule<unknown, typeof promptComposed>({
  definition: promptComposed,
  component: "planning.prompt",
  producerNow: (recorded) => sameConfiguration(recorded, { version: 1, fingerprint: null }),
  computeOne(step) {
    const { task, candidateCount } = step.producer.config as Parameters<typeof promptProducer>[0];
    const current = causeAt(step, 0, keypointsSampled).payload.points;
    const goal = causeAt(step, 1, keypointsSampled).payload.points;
    return { task, candidateCount, text: composePrompt(task, actionSpaceOf({ current, goal })) };
  },
});
