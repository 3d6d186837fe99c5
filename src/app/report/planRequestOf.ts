import type { PlanRequest } from "../../ports/planner.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { sessionStarted } from "../../events/session.ts";
import type { SessionEvents } from "../collectedSession.ts";

/** What a planner is asked on an observed evaluation start. */
export function planRequestOf(scene: SessionEvents, candidateCount: number): PlanRequest {
  return {
    task: scene.task,
    camera: scene.get("camera", cameraCalibrated).payload,
    current: scene.get("start/keypoints", keypointsSampled).payload.points,
    goal: scene.get("goal/keypoints", keypointsSampled).payload.points,
    candidateCount,
    seed: scene.get("started", sessionStarted).payload.seed,
  };
}
