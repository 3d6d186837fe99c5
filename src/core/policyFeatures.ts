import { actionAt, actionSpaceOf, feasibleActions, keypointsOnTable } from "./actionSpace.ts";
import type { KeypointScene } from "./actionSpace.ts";
import { tasks, workspaceSideM, type Task } from "./cell.ts";
import { squaredDistanceFromBase } from "./reach.ts";

/**
 * Logarithm of how much less likely the farther arm is to be used where both reach. Either arm does
 * the same to the object, so which pair of keypoints is learned and which arm is this rule.
 */
const fartherArmBias = -3;
/** Takes an action out of a softmax: its probability is 0 in float32. */
const outOfReachBias = -10_000;

/** One decision as the keypoint policy sees it. Row-major; a batch is these one after another. */
export interface PolicyInput {
  /** Shape [sourceCount + targetCount, 2]: current, then goal keypoints; ±1 is the workspace's edge. */
  readonly points: Float32Array;
  /** Shape [tasks.length]: 1 for the task, else 0. */
  readonly task: Float32Array;
  /** Shape [actionCount]: what is added to an action's logit for its arm. */
  readonly armBias: Float32Array;
}

export function encodePolicyInput(request: KeypointScene & { readonly task: Task }): PolicyInput {
  const sources = keypointsOnTable(request.current, request.camera);
  const targets = keypointsOnTable(request.goal, request.camera);
  const points = new Float32Array(sources.length + targets.length);
  points.set(sources.map((metres) => metres / (workspaceSideM / 2)));
  points.set(
    targets.map((metres) => metres / (workspaceSideM / 2)),
    sources.length,
  );
  return {
    points,
    task: Float32Array.from(tasks, (task) => (task === request.task ? 1 : 0)),
    armBias: armBiases(request, sources),
  };
}

function armBiases(scene: KeypointScene, sources: Float64Array): Float32Array {
  const space = actionSpaceOf(scene);
  const isFeasible = feasibleActions(scene);
  const pairCount = space.sourceCount * space.targetCount;
  return Float32Array.from(isFeasible, (feasible, index) => {
    if (feasible === 0) return outOfReachBias;
    const { arm, source } = actionAt(space, index);
    const canOther = isFeasible[(index + pairCount) % space.actionCount] === 1;
    const point = { x: sources[2 * source]!, y: sources[2 * source + 1]! };
    const other = arm === "left" ? "right" : "left";
    const isFarther = squaredDistanceFromBase(arm, point) > squaredDistanceFromBase(other, point);
    return canOther && isFarther ? fartherArmBias : 0;
  });
}
