import { canonicalJson } from "../events/envelope.ts";
import { invalidCheckpoint, parseSettings } from "../inference/checkpointFile.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { Graph } from "./graph/graph.ts";
import { policyInputs, policyLogProbabilities, type PolicyArchitecture } from "./policyGraph.ts";
import { weightCount } from "./model.ts";

/** A keypoint policy with all that is needed to use it and to train it further. */
export interface PolicyWeights {
  readonly architecture: PolicyArchitecture;
  /** Flat, in the order of the architecture's parameters. */
  readonly weights: Float32Array;
  /** How it came to be, as told in the file; JSON-encodable. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

const role = "planner";

type StoredSettings = Partial<Omit<PolicyWeights, "weights">> & { readonly role?: string };

/**
 * One ordinary ONNX file that decides one request at a time. Inputs are those of `policyInputs` and
 * `inverseTemperature`, shape [1]; the output is `logProbabilities`, shape [1, 288]. The settings
 * tell the arithmetic of one decision, in 1e9 floating-point operations.
 */
export function encodePolicy(policy: PolicyWeights): Uint8Array {
  const { architecture, weights, provenance } = policy;
  const { graph, logProbabilities } = decisionGraph(architecture);
  const gflopPerDecision = (2 * graph.multiplyAdds) / 1e9;
  return encodeCheckpoint(
    { graph, outputs: { logProbabilities } },
    { weights, settings: canonicalJson({ role, architecture, gflopPerDecision, provenance }) },
  );
}

/**
 * @param origin - where the bytes come from, for the error message.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the bytes are truncated, damaged, or no keypoint
 *   policy.
 */
export function decodePolicy(bytes: Uint8Array, origin: string): PolicyWeights {
  const { weights, settings } = decodeCheckpoint(bytes, { origin });
  const stored: StoredSettings = parseSettings(settings, origin);
  const { architecture, provenance } = stored;
  if (stored.role !== role || architecture === undefined || provenance === undefined) {
    throw invalidCheckpoint(origin, `expected the settings of a ${role}, found ${settings}`);
  }
  const expected = weightCount(decisionGraph(architecture).graph.trainedParameters);
  if (weights.length === expected) return { architecture, weights, provenance };
  throw invalidCheckpoint(
    origin,
    `expected ${expected} weights for this architecture, found ${weights.length}`,
  );
}

function decisionGraph(architecture: PolicyArchitecture) {
  const graph = new Graph();
  const inputs = policyInputs(graph, 1);
  const inverseTemperature = graph.input("inverseTemperature", [1]);
  const logProbabilities = policyLogProbabilities(graph, inputs, architecture, inverseTemperature);
  return { graph, logProbabilities };
}
