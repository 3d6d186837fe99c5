import {
  actionAt,
  actionSpaceOf,
  feasibleActions,
  keypointsOnTable,
} from "../../src/core/actionSpace.ts";
import { keypointCount, topCamera, type KeypointAction } from "../../src/core/cell.ts";
import { projectPoint } from "../../src/core/camera.ts";
import { createRandom, shuffled, type Random } from "../../src/core/random.ts";
import { Graph } from "../../src/learning/graph/graph.ts";
import { initialWeights } from "../../src/learning/model.ts";
import { encodePolicy } from "../../src/learning/policyCheckpoint.ts";
import { policyInputs, policyLogProbabilities, type PolicyArchitecture } from "../../src/learning/policyGraph.ts"; // prettier-ignore
import type { PreferenceExample } from "../../src/learning/preferenceBatch.ts";

export const smallArchitecture: PolicyArchitecture = {
  width: 16,
  headCount: 2,
  layerCount: 1,
  pairWidth: 16,
};

/** A checkpoint that knows nothing yet. */
export function untrainedPolicy(seed = "weights"): Uint8Array {
  const graph = new Graph();
  policyLogProbabilities(graph, policyInputs(graph, 1), smallArchitecture);
  const weights = initialWeights(graph.trainedParameters, createRandom(seed));
  return encodePolicy({ architecture: smallArchitecture, weights, provenance: {} });
}

/** Twelve places near the middle of the table, in pixels. */
export function randomKeypoints(random: Random): Float32Array {
  return Float32Array.from(
    Array.from({ length: keypointCount }, () => {
      const place = { x: random.between(-0.2, 0.2), y: random.between(-0.2, 0.2), z: 0 };
      const { x, y } = projectPoint(topCamera, place);
      return [x, y];
    }).flat(),
  );
}

/** Prompts whose best candidate is the one that moves its keypoint least. */
export function shortestMovePreferences(count: number, candidateCount = 4): PreferenceExample[] {
  const random = createRandom("preferences");
  return Array.from({ length: count }, () => {
    const scene = {
      camera: topCamera,
      current: randomKeypoints(random),
      goal: randomKeypoints(random),
    };
    const space = actionSpaceOf(scene);
    const isFeasible = feasibleActions(scene);
    const feasible = [...isFeasible.keys()].filter((index) => isFeasible[index] === 1);
    const [positive, ...negatives] = shuffled(feasible, random)
      .slice(0, candidateCount)
      .map((index) => actionAt(space, index))
      .sort((a, b) => squaredMove(scene, a) - squaredMove(scene, b));
    return { task: "rope", ...scene, positive: positive!, negatives };
  });
}

function squaredMove(
  scene: Omit<PreferenceExample, "task" | "positive" | "negatives">,
  { source, target }: KeypointAction,
): number {
  const sources = keypointsOnTable(scene.current, scene.camera);
  const targets = keypointsOnTable(scene.goal, scene.camera);
  const dx = targets[2 * target]! - sources[2 * source]!;
  const dy = targets[2 * target + 1]! - sources[2 * source + 1]!;
  return dx * dx + dy * dy;
}
