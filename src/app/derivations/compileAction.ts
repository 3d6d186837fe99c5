import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { planProposed, primitiveCompiled, primitiveRefused } from "../../events/planning.ts";
import { groundAction } from "../../planning/groundAction.ts";
import { compilePrimitive, primitiveProducer } from "../../planning/primitive.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import { causeAt, stepwiseRule } from "./rule.ts";

export interface CompilingTools {
  readonly kinematics: () => ArmKinematics | Promise<ArmKinematics>;
}

/** Candidates of a plan share their causes; the seed tells their keys apart. */
export function candidateSeed(candidate: number): string {
  return `candidate ${candidate}`;
}

/** One candidate's primitive. Causes: the plan, both keypoint sets, the camera. */
export const compileAction = stepwiseRule<CompilingTools, typeof primitiveCompiled>({
  definition: primitiveCompiled,
  component: primitiveProducer.component,
  producerNow: () => primitiveProducer,
  async computeOne(step, { kinematics }) {
    const { candidate, action } = candidateOf(step);
    const scene = {
      current: causeAt(step, 1, keypointsSampled).payload.points,
      goal: causeAt(step, 2, keypointsSampled).payload.points,
      camera: causeAt(step, 3, cameraCalibrated).payload,
    };
    return { candidate, ...compilePrimitive(await kinematics(), groundAction(action, scene)) };
  },
});

/** A candidate that the arm cannot do. Causes: those of its primitive, had there been one. */
export const refuseAction = stepwiseRule<CompilingTools, typeof primitiveRefused>({
  definition: primitiveRefused,
  component: primitiveProducer.component,
  producerNow: () => primitiveProducer,
  async computeOne(step, tools) {
    const { candidate, action } = candidateOf(step);
    try {
      await compileAction.compute([step], tools);
    } catch (error) {
      if (!isDreamlogError(error, "ACTION_REFUSED")) throw error;
      const { reason, remedy } = error.context;
      return { candidate, action, reason: String(reason), remedy: String(remedy) };
    }
    throw new DreamlogError(
      "ANSWER_INVALID",
      `expected the arm to refuse candidate ${candidate}, found that it can do it`,
      { candidate, action },
    );
  },
});

function candidateOf(step: DerivationStep) {
  const { candidates } = causeAt(step, 0, planProposed).payload;
  const candidate = candidates.findIndex((_, at) => step.seed === candidateSeed(at));
  const action = candidates[candidate]?.action;
  if (action !== undefined) return { candidate, action };
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected a seed such as "${candidateSeed(0)}" that names one of ${candidates.length} candidates, found "${step.seed}"`,
    { seed: step.seed, candidates: candidates.length },
  );
}
