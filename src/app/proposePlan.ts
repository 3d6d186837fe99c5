import { actionSpaceOf } from "../core/actionSpace.ts";
import type { Task } from "../core/cell.ts";
import type { StoredEvent } from "../events/envelope.ts";
import { planProposed, promptComposed } from "../events/planning.ts";
import { composePrompt } from "../planning/actionGrammar.ts";
import type { Planner } from "../ports/planner.ts";
import { cameraOf, type CameraEvent, type PlanContext } from "./dreamCandidates.ts";
import type { ObservedScene } from "./observe.ts";
import { exactProducer } from "./producers.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

/**
 * Asks a planner for K distinct candidates; the prompt and the answer are derived events.
 *
 * @returns the plan with all that its candidates refer to.
 */
export async function proposePlan(
  recorder: SessionRecorder,
  planner: Planner,
  request: {
    readonly task: Task;
    readonly start: ObservedScene;
    readonly goal: ObservedScene;
    readonly camera: CameraEvent;
    readonly candidateCount: number;
    /** Names the planner's random numbers; equal observations and seeds get equal plans. */
    readonly seed: string;
    /** What the planner reads beyond the prompt: the true states, for one that searches the simulator. */
    readonly furtherCauses?: readonly StoredEvent[];
  },
): Promise<PlanContext> {
  const { task, start, goal, camera, candidateCount, seed, furtherCauses = [] } = request;
  const current = start.keypoints.payload.points;
  const target = goal.keypoints.payload.points;
  const prompt = await recorder.derived(
    "prompt",
    promptComposed,
    {
      producer: exactProducer("planning.prompt", 1, { task, candidateCount }),
      causes: [start.keypoints, goal.keypoints],
    },
    () => {
      const space = actionSpaceOf({ current, goal: target });
      return { task, candidateCount, text: composePrompt(task, space) };
    },
  );
  const plan = await recorder.derived(
    "plan",
    planProposed,
    {
      producer: planner.producer,
      causes: [prompt, start.keypoints, goal.keypoints, camera, ...furtherCauses],
      seed,
    },
    async () => {
      const planRequest = {
        task,
        camera: cameraOf(camera),
        current,
        goal: target,
        candidateCount,
        seed,
      };
      return { candidates: [...(await planner.propose(planRequest))] };
    },
  );
  return { plan, current: start.keypoints, goal: goal.keypoints, camera };
}
