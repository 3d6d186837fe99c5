import { actionSpaceOf } from "../../core/actionSpace.ts";
import type { Producer } from "../../events/envelope.ts";
import { keypointsSampled, marksDrawn } from "../../events/perception.ts";
import { promptComposed } from "../../events/planning.ts";
import { remoteRequestComposed } from "../../events/remote.ts";
import { planQuestion, type VlmPlanOptions } from "../../planning/vlm/vlmPlan.ts";
import { composeChat, type ChatSampling } from "../../remote/chat.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

const component = "planning.vlmQuestion";
const version = 1;

interface PlanQuestionConfig extends VlmPlanOptions, ChatSampling {
  /** Of asking for the same plan, from 0. */
  readonly round: number;
}

/** @param config - may hold more; what decides the question is taken from it. */
export function planQuestionProducer(config: PlanQuestionConfig): Producer {
  const { sampling, format, votes, model, temperature, answerTokensMax, round, logprobs } = config;
  return exactProducer(component, version, {
    ...{ sampling, format, votes, model, temperature, answerTokensMax, round },
    ...(logprobs === undefined ? {} : { logprobs }),
  });
}

/**
 * What a model that looks is asked for a plan. Causes: the prompt, the marked pictures of observation
 * and goal, their keypoints. The seed is the plan's.
 */
export const composePlanQuestion = stepwiseRule<unknown, typeof remoteRequestComposed>({
  definition: remoteRequestComposed,
  component,
  producerNow: (recorded) => sameConfiguration(recorded, { version, fingerprint: null }),
  computeOne(step) {
    const { round, ...options } = step.producer.config as unknown as PlanQuestionConfig;
    const { text, candidateCount } = causeAt(step, 0, promptComposed).payload;
    const marks = [causeAt(step, 1, marksDrawn), causeAt(step, 2, marksDrawn)];
    const space = actionSpaceOf({
      current: causeAt(step, 3, keypointsSampled).payload.points,
      goal: causeAt(step, 4, keypointsSampled).payload.points,
    });
    const question = planQuestion(
      {
        prompt: text,
        pictures: marks.map(({ payload }) => payload.image),
        space,
        wanted: candidateCount,
        seed: step.seed ?? "",
        round,
      },
      options,
    );
    const { body, pictures } = composeChat(question, options);
    return { body, pictures: [...pictures] };
  },
});
