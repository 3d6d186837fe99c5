import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import {
  ArmSchema,
  Count,
  Finite,
  Float32Schema,
  KeypointActionSchema,
  Point3Schema,
  TaskSchema,
} from "./media.ts";

/** What the planner is asked. Causes: keypoints of the observation and of the goal. */
export const promptComposed = defineEvent({
  type: "planner.promptComposed",
  kind: "derived",
  schema: v.strictObject({ task: TaskSchema, text: v.string(), candidateCount: Count }),
});

/** K distinct candidates, best first where the planner ranks them. Causes: prompt and both keypoint sets. */
export const planProposed = defineEvent({
  type: "planner.planProposed",
  kind: "derived",
  schema: v.strictObject({
    candidates: v.pipe(
      v.array(
        v.strictObject({
          action: KeypointActionSchema,
          /** Natural logarithm of the policy's probability of the action; null when it has none. */
          logProbability: v.nullable(Finite),
        }),
      ),
      v.minLength(1),
    ),
  }),
});

/**
 * One candidate picked for execution. Causes: the plan, both keypoint sets (and the verdict, under
 * explicit verification).
 */
export const actionChosen = defineEvent({
  type: "planner.actionChosen",
  kind: "derived",
  schema: v.strictObject({ action: KeypointActionSchema, candidate: Count }),
});

/**
 * The fixed primitive for one action: home → above grasp → grasp → close → lift → transport →
 * release → home, interpolated in joint space. Causes: plan (or choice), keypoints, camera.
 */
export const primitiveCompiled = defineEvent({
  type: "planner.primitiveCompiled",
  kind: "derived",
  schema: v.strictObject({
    candidate: Count,
    arm: ArmSchema,
    grasp: Point3Schema,
    release: Point3Schema,
    rateHz: Finite,
    stepCount: Count,
    /** Shape [stepCount, 8]: seven joint angles in rad and the finger opening in m. */
    commands: Float32Schema,
    /** Index of the first step of each phase, in the order of the phases above. */
    phaseStarts: v.array(Count),
  }),
});

/** The action cannot be carried out by the arm; nothing moves. */
export const primitiveRefused = defineEvent({
  type: "planner.primitiveRefused",
  kind: "derived",
  schema: v.strictObject({
    candidate: Count,
    action: KeypointActionSchema,
    reason: v.string(),
    remedy: v.string(),
  }),
});
