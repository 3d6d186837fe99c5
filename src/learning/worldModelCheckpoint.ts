import { DreamlogError } from "../core/errors.ts";
import { canonicalJson } from "../events/envelope.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { Graph, type Value } from "./graph/graph.ts";
import { weightCount } from "./model.ts";
import {
  isBackboneParameter,
  predictChange,
  worldModelInputs,
  type WorldModelArchitecture,
} from "./worldModelGraph.ts";

/** A world model with all that is needed to dream with it and to train it further. */
export interface WorldModelWeights {
  readonly architecture: WorldModelArchitecture;
  /** Flat, of the parameters that are trained: the control branch, or a backbone alone. */
  readonly weights: Float32Array;
  /** Flat, of the frozen backbone; empty for a backbone alone. */
  readonly backbone: Float32Array;
  /** How it came to be, as told in the file. */
  readonly provenance: Readonly<Record<string, string | number>>;
}

/** The denoiser's graph: the backbone frozen where there is a control branch to train. */
export function worldModelGraph(
  architecture: WorldModelArchitecture,
  batchSize: number,
): { readonly graph: Graph; readonly change: Value } {
  const graph = new Graph(architecture.hasControl ? { isFrozen: isBackboneParameter } : {});
  const inputs = worldModelInputs(graph, batchSize, architecture);
  return { graph, change: predictChange(graph, inputs, architecture) };
}

/**
 * One ordinary ONNX file, backbone and control branch together, for one sample at a time. Its settings
 * tell the architecture, the provenance and the arithmetic of one pass.
 */
export function encodeWorldModel(model: WorldModelWeights): Uint8Array {
  const { architecture, weights, backbone, provenance } = model;
  const { graph, change } = worldModelGraph(architecture, 1);
  const gflopPerPass = (2 * graph.multiplyAdds) / 1e9;
  return encodeCheckpoint(
    { graph, outputs: { change } },
    {
      weights,
      ...(architecture.hasControl ? { frozenWeights: backbone } : {}),
      settings: canonicalJson({ architecture, gflopPerPass, provenance }),
    },
  );
}

/**
 * @param origin - where the bytes come from, for the error message.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the bytes are truncated, damaged, or no world model.
 */
export function decodeWorldModel(bytes: Uint8Array, origin: string): WorldModelWeights {
  const { weights, frozenWeights, settings } = decodeCheckpoint(bytes, { origin });
  const { architecture, provenance } = JSON.parse(settings) as Partial<WorldModelWeights>;
  if (architecture?.widths === undefined || provenance === undefined) {
    throw invalid(origin, `expected the settings of a world model, found ${settings}`);
  }
  const { graph } = worldModelGraph(architecture, 1);
  const backbone = frozenWeights ?? new Float32Array();
  const expected = [weightCount(graph.trainedParameters), weightCount(graph.frozenParameters)];
  if (weights.length !== expected[0] || backbone.length !== expected[1]) {
    throw invalid(origin, `expected ${expected.join(" + ")} weights for this architecture, found ${weights.length} + ${backbone.length}`); // prettier-ignore
  }
  return { architecture, weights, backbone, provenance };
}

function invalid(origin: string, what: string): DreamlogError {
  return new DreamlogError(
    "CHECKPOINT_INVALID",
    `${what} in ${origin}; fetch the file again or make it anew (docs/world-model.md)`,
    { origin },
  );
}
