import type { Task } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { Planner } from "../ports/planner.ts";
import { promptProducer, promptRule } from "./derivations/composePrompt.ts";
import { deriveBy } from "./derivations/deriveBy.ts";
import { proposeCandidates } from "./derivations/proposeCandidates.ts";
import type { CameraEvent, PlanContext } from "./dreamCandidates.ts";
import type { ObservedScene } from "./observe.ts";
import { isRemotePlanner, type RemotePlanner } from "./plannerSpec.ts";
import { proposeRemotePlan, type SeenScene } from "./remote/proposeRemotePlan.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

/**
 * Asks a planner for K distinct candidates; the prompt and the answer are derived events.
 *
 * @returns the plan with all that its candidates refer to.
 */
export async function proposePlan(
  recorder: SessionRecorder,
  planner: Planner | RemotePlanner,
  request: {
    readonly task: Task;
    readonly start: Pick<ObservedScene, "keypoints">;
    readonly goal: Pick<ObservedScene, "keypoints">;
    readonly camera: CameraEvent;
    readonly candidateCount: number;
    /** Names the planner's random numbers; equal observations and seeds get equal plans. */
    readonly seed: string;
    /** What the planner reads beyond the prompt: the true states, for one that searches the simulator. */
    readonly furtherCauses?: readonly StoredEvent[];
  },
): Promise<PlanContext> {
  const { task, start, goal, camera, candidateCount, seed, furtherCauses = [] } = request;
  const keypoints = [start.keypoints, goal.keypoints];
  const prompt = await deriveBy(
    recorder,
    promptRule,
    {
      name: "prompt",
      producer: promptProducer({ task, candidateCount }),
      causes: keypoints,
    },
    {},
  );
  if (isRemotePlanner(planner)) {
    const asked = { prompt, start: seen(start), goal: seen(goal), camera, seed };
    const plan = await proposeRemotePlan(recorder, planner.model, asked);
    return { plan, current: start.keypoints, goal: goal.keypoints, camera };
  }
  const plan = await deriveBy(
    recorder,
    proposeCandidates,
    {
      name: "plan",
      producer: planner.producer,
      causes: [prompt, ...keypoints, camera, ...furtherCauses],
      seed,
    },
    { plannerOf: () => planner },
  );
  return { plan, current: start.keypoints, goal: goal.keypoints, camera };
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a scene that no camera saw, such as a dreamed one. */
function seen(scene: Pick<ObservedScene, "keypoints"> & Partial<ObservedScene>): SeenScene {
  const { keypoints, frame } = scene;
  if (frame !== undefined) return { keypoints, frame };
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    "expected a scene with a camera frame for a planner that looks at pictures, found keypoints only; plan in the simulator, or with an embedded planner",
  );
}
