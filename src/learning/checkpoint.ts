import { checkpointMetadata, invalidCheckpoint, readCheckpoint, type Checkpoint } from "../inference/checkpointFile.ts"; // prettier-ignore
import type { Graph, Value } from "./graph/graph.ts";
import { encodeInferenceModel, weightCount } from "./model.ts";

/**
 * A checkpoint as an ordinary ONNX file of the inference graph: any ONNX runtime can run it, and
 * `decodeCheckpoint` reads the weights back for more training. Frozen weights that are left out stay
 * outside, as an input of the graph.
 */
export function encodeCheckpoint(
  model: { readonly graph: Graph; readonly outputs: Readonly<Record<string, Value>> },
  checkpoint: Checkpoint,
): Uint8Array {
  const { weights, frozenWeights } = checkpoint;
  return encodeInferenceModel({
    ...model,
    weights,
    ...(frozenWeights === undefined ? {} : { frozenWeights }),
    metadata: checkpointMetadata(checkpoint),
  });
}

/**
 * @param options.origin - where the bytes come from, for the error message.
 * @param options.graph - when given, the weights must be as many as it has trained parameters.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the bytes are truncated, damaged, no checkpoint
 *   of dreamlog, or of another architecture.
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  options: { readonly origin: string; readonly graph?: Graph },
): Checkpoint {
  const { origin, graph } = options;
  const checkpoint = readCheckpoint(bytes, origin);
  const found = checkpoint.weights.length;
  const expected = graph === undefined ? found : weightCount(graph.trainedParameters);
  if (found === expected) return checkpoint;
  throw invalidCheckpoint(
    origin,
    `expected ${expected} weights for this architecture, found ${found}`,
  );
}
