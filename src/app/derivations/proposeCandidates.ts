import type { Producer } from "../../events/envelope.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { planProposed, promptComposed } from "../../events/planning.ts";
import type { Planner } from "../../ports/planner.ts";
import { causeAt, stepwiseRule } from "./rule.ts";

export interface PlanningTools {
  /**
   * @throws {DreamlogError} `BLOB_MISSING` for weights that are not at hand; `ARGUMENT_INVALID` for a
   *   planner that this program does not have.
   */
  readonly plannerOf: (producer: Producer) => Planner | Promise<Planner>;
}

/**
 * A planner's answer. Causes: the prompt, the keypoints of the observation and of the goal, the
 * camera, and what a planner that searches the simulator reads beyond: the true states. Its seed
 * names the start of the session, and with it the planner's random numbers.
 */
const proposeBy = (component: string) =>
  stepwiseRule<PlanningTools, typeof planProposed>({
    definition: planProposed,
    component,
    producerNow: async (recorded, { plannerOf }) => (await plannerOf(recorded)).producer,
    async computeOne(step, { plannerOf }) {
      const planner = await plannerOf(step.producer);
      const { task, candidateCount } = causeAt(step, 0, promptComposed).payload;
      const candidates = await planner.propose({
        task,
        camera: causeAt(step, 3, cameraCalibrated).payload,
        current: causeAt(step, 1, keypointsSampled).payload.points,
        goal: causeAt(step, 2, keypointsSampled).payload.points,
        candidateCount,
        seed: step.seed ?? "",
      });
      return { candidates: [...candidates] };
    },
  });

/** One rule a planner; all derive alike. */
export const planRules = [
  "planning.keypointPolicy",
  "planning.matcherPlanner",
  "planning.oraclePlanner",
  "planning.randomPlanner",
].map(proposeBy);

/** The rule that any planner's answer is recorded by: its tools name the planner. */
export const proposeCandidates = proposeBy("planning");
