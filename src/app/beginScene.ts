import type { PinholeCamera } from "../core/camera.ts";
import type { Task } from "../core/cell.ts";
import { cameraCalibrated } from "../events/environment.ts";
import type { Environment } from "../ports/environment.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import type { CameraEvent } from "./dreamCandidates.ts";
import { observeScene, type ObservedScene } from "./observe.ts";
import { cellProducer } from "./producers.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

/** Logs the camera, puts the object at its start, and observes goal and start. */
export async function beginScene(
  recorder: SessionRecorder,
  testbed: {
    readonly environment: Pick<Environment, "camera" | "reset">;
    readonly segmenter: Segmenter;
  },
  scene: { readonly task: Task; readonly startSeed: string },
): Promise<{
  readonly camera: CameraEvent;
  readonly goal: ObservedScene;
  readonly start: ObservedScene;
}> {
  const { environment, segmenter } = testbed;
  const { task, startSeed } = scene;
  const camera = await logCamera(recorder, environment.camera);
  const scenes = await environment.reset({ task, seed: startSeed });
  const observe = (name: "goal" | "start") =>
    observeScene(recorder, segmenter, camera, { name, task, scene: scenes[name] });
  return { camera, goal: await observe("goal"), start: await observe("start") };
}

/** Logs where the camera of a session stands and how it sees. */
export function logCamera(recorder: SessionRecorder, camera: PinholeCamera): Promise<CameraEvent> {
  const { rotation, position } = camera;
  const payload = { ...camera, rotation: [...rotation], position: { ...position } };
  return recorder.fact("camera", cameraCalibrated, payload, { producer: cellProducer });
}
