import { loadOnnxSession, type OnnxSession } from "../inference/onnxSession.ts";
import type { Graph, Value } from "./graph/graph.ts";
import { encodeInferenceModel } from "./model.ts";

/**
 * Loads a graph for answering only.
 *
 * @param options.outputs - by the name `run` returns them under.
 * @param options.weights - flat, of `graph.trainedParameters`; baked in. When left out they are an
 *   input, so that one predictor serves weights in training.
 * @param options.frozenWeights - flat, of `graph.frozenParameters`, where it has any.
 * @param options.threads - threads inside one operator. Default 1.
 */
export function createPredictor(options: {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly weights?: Float32Array;
  readonly frozenWeights?: Float32Array;
  readonly threads?: number;
}): Promise<OnnxSession> {
  return loadOnnxSession({
    bytes: encodeInferenceModel(options),
    origin: "the inference graph",
    threads: options.threads ?? 1,
  });
}
