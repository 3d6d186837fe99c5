import { keypointsOnTable, type KeypointScene } from "../core/actionSpace.ts";
import type { GraspAndRelease, KeypointAction } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";

/**
 * Turns an action over keypoints into places on the table: the pixel's ray meets the plane z = 0.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` when the action names a keypoint that is not there.
 */
export function groundAction(action: KeypointAction, scene: KeypointScene): GraspAndRelease {
  return {
    arm: action.arm,
    grasp: keypointOnTable(scene, "current", action.source),
    release: keypointOnTable(scene, "goal", action.target),
  };
}

function keypointOnTable(scene: KeypointScene, set: "current" | "goal", index: number) {
  const keypoints = scene[set];
  const count = keypoints.length / 2;
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a ${set} keypoint from 0 to ${count - 1}, found ${index}`,
      { set, index, count },
    );
  }
  const [x, y] = keypointsOnTable(keypoints.subarray(2 * index, 2 * index + 2), scene.camera);
  return { x: x!, y: y!, z: 0 };
}
