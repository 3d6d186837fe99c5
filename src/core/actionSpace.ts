import { unprojectToPlane, type PinholeCamera } from "./camera.ts";
import { arms, type KeypointAction } from "./cell.ts";
import { canReach } from "./reach.ts";

/**
 * All actions (arm, source, target) over two keypoint sets, numbered arm by arm, source by source,
 * target by target: 2 × 12 × 12 = 288 in the cell.
 */
export interface ActionSpace {
  readonly sourceCount: number;
  readonly targetCount: number;
  readonly actionCount: number;
}

/** What an action space is built from; keypoints have shape [count, 2], pixels of `camera`. */
export interface KeypointScene {
  readonly camera: PinholeCamera;
  readonly current: Float32Array;
  readonly goal: Float32Array;
}

export function actionSpaceOf(scene: Pick<KeypointScene, "current" | "goal">): ActionSpace {
  const sourceCount = scene.current.length / 2;
  const targetCount = scene.goal.length / 2;
  return { sourceCount, targetCount, actionCount: arms.length * sourceCount * targetCount };
}

/** @returns 0 to `actionCount` − 1. */
export function indexOfAction(space: ActionSpace, action: KeypointAction): number {
  const arm = arms.indexOf(action.arm);
  return (arm * space.sourceCount + action.source) * space.targetCount + action.target;
}

export function actionAt(space: ActionSpace, index: number): KeypointAction {
  const target = index % space.targetCount;
  const pair = (index - target) / space.targetCount;
  const source = pair % space.sourceCount;
  return { arm: arms[(pair - source) / space.sourceCount]!, source, target };
}

/** @returns the keypoints on the table plane: shape [count, 2], world metres (x, y). */
export function keypointsOnTable(keypoints: Float32Array, camera: PinholeCamera): Float64Array {
  const points = new Float64Array(keypoints.length);
  for (let at = 0; at < keypoints.length; at += 2) {
    const pixel = { x: keypoints[at]!, y: keypoints[at + 1]! };
    const point = unprojectToPlane(camera, pixel, 0);
    points[at] = point.x;
    points[at + 1] = point.y;
  }
  return points;
}

/** @returns shape [actionCount]: 1 where the action's arm reaches both its source and its target. */
export function feasibleActions(scene: KeypointScene): Uint8Array {
  const space = actionSpaceOf(scene);
  const sources = keypointsOnTable(scene.current, scene.camera);
  const targets = keypointsOnTable(scene.goal, scene.camera);
  const isReached = (points: Float64Array, arm: KeypointAction["arm"], index: number) =>
    canReach(arm, { x: points[2 * index]!, y: points[2 * index + 1]! });
  return Uint8Array.from({ length: space.actionCount }, (_, index) => {
    const { arm, source, target } = actionAt(space, index);
    return isReached(sources, arm, source) && isReached(targets, arm, target) ? 1 : 0;
  });
}
