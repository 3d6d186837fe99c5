import type { Task } from "../../core/cell.ts";
import type { Producer } from "../../events/envelope.ts";
import { methodEvaluated, outcomeScored } from "../../events/evaluation.ts";
import { exactProducer } from "../producers.ts";
import { bootstrapInterval } from "../report/bootstrap.ts";
import { causesFrom, sameConfiguration, stepwiseRule } from "./rule.ts";

interface EvaluationConfig {
  readonly method: string;
  readonly task: Task;
  readonly trials: number;
}

export function evaluationProducer(config: EvaluationConfig): Producer {
  return exactProducer("app.methodEvaluation", 1, { ...config });
}

/**
 * A method's mean score with its interval. Causes: the outcomes. A trial in which nothing could be
 * carried out has none: it left the object where it was and scores 0.
 */
export const evaluateMethod = stepwiseRule<unknown, typeof methodEvaluated>({
  definition: methodEvaluated,
  component: "app.methodEvaluation",
  producerNow: (recorded) => sameConfiguration(recorded, { version: 1, fingerprint: null }),
  computeOne(step) {
    const { method, task, trials } = step.producer.config as unknown as EvaluationConfig;
    const scored = causesFrom(step, 0, outcomeScored).map(({ payload }) => payload.score);
    const missing = Array.from({ length: trials - scored.length }, () => 0);
    const interval = bootstrapInterval([...scored, ...missing], { seed: step.seed ?? "" });
    return { method, task, trials, ...interval };
  },
});
