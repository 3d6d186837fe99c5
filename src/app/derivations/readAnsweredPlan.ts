import { DreamlogError } from "../../core/errors.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { planProposed, promptComposed } from "../../events/planning.ts";
import { remoteAnswered, remoteAnswersUnreadable } from "../../events/remote.ts";
import { readPlan, type ReadPlan } from "../../planning/vlm/vlmPlan.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, causesFrom, sameConfiguration, stepwiseRule } from "./rule.ts";

const component = "planning.vlmAnswers";
const version = 1;

/** What reads answers; another reader can be replayed over the same answers. */
export const answeredPlanProducer = exactProducer(component, version);

const producerNow = (recorded: DerivationStep["producer"]) =>
  sameConfiguration(recorded, { version, fingerprint: null });

/** Causes: prompt, keypoints of observation and goal, camera, then the answers. */
export const readAnsweredPlan = stepwiseRule<unknown, typeof planProposed>({
  definition: planProposed,
  component,
  producerNow,
  computeOne(step) {
    const { candidates } = read(step);
    if (candidates.length > 0) return { candidates: [...candidates] };
    throw new DreamlogError(
      "ANSWER_INVALID",
      "expected at least one move in the planner's answers, found none that could be read; ask a planner that follows the format",
    );
  },
});

/** The same causes, for a plan that there is not. */
export const tellUnreadablePlan = stepwiseRule<unknown, typeof remoteAnswersUnreadable>({
  definition: remoteAnswersUnreadable,
  component,
  producerNow,
  computeOne: (step) => ({ reasons: [...read(step).reasons] }),
});

function read(step: DerivationStep): ReadPlan {
  const scene = {
    current: causeAt(step, 1, keypointsSampled).payload.points,
    goal: causeAt(step, 2, keypointsSampled).payload.points,
  };
  const bodies = causesFrom(step, 4, remoteAnswered).map(({ payload }) => payload.answer);
  return readPlan(bodies, scene, causeAt(step, 0, promptComposed).payload.candidateCount);
}
