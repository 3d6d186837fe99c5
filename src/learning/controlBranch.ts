import { invariant } from "../core/errors.ts";
import type { Random } from "../core/random.ts";
import { itemCount, type Parameter } from "./graph/graph.ts";
import { initialWeights } from "./model.ts";
import { worldModelGraph, type WorldModelWeights } from "./worldModelCheckpoint.ts";
import { copiedFrom } from "./worldModelGraph.ts";

/**
 * Freezes a pretrained backbone and gives it a control branch: a copy of its weights that
 * answers through a convolution of zeros, so that the whole answers as the backbone did at first.
 *
 * @param random - draws the branch's few weights that the backbone has no counterpart of.
 */
export function withControlBranch(backbone: WorldModelWeights, random: Random): WorldModelWeights {
  invariant(!backbone.architecture.hasControl, "a backbone without control branch");
  const known = tensorsOf(
    worldModelGraph(backbone.architecture, 1).graph.trainedParameters,
    backbone.weights,
  );
  const architecture = { ...backbone.architecture, hasControl: true };
  const { trainedParameters } = worldModelGraph(architecture, 1).graph;
  const weights = initialWeights(trainedParameters, random);
  let at = 0;
  for (const { name, shape } of trainedParameters) {
    const copied = known.get(copiedFrom(name));
    if (copied !== undefined) weights.set(copied, at);
    at += itemCount(shape);
  }
  return { ...backbone, architecture, weights, backbone: backbone.weights };
}

function tensorsOf(
  parameters: readonly Parameter[],
  flat: Float32Array,
): ReadonlyMap<string, Float32Array> {
  const tensors = new Map<string, Float32Array>();
  let at = 0;
  for (const { name, shape } of parameters) {
    tensors.set(name, flat.subarray(at, (at += itemCount(shape))));
  }
  return tensors;
}
