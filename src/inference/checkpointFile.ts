import { digestBytes, type Digest } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import { readOnnx } from "./onnxModel.ts";

/** Names of the flat weight vectors in a checkpoint file. */
export const weightsName = "weights";
export const frozenWeightsName = "frozenWeights";

const settingsKey = "settings";
const digestKey = "weightsDigest";
const frozenDigestKey = "frozenWeightsDigest";

/** Weights with what is needed to use them, as an ONNX file carries them. */
export interface Checkpoint {
  /** Flat, in the order of the architecture's parameters. */
  readonly weights: Float32Array;
  /** Of the frozen parameters, flat; only where the file holds them too. */
  readonly frozenWeights?: Float32Array;
  /** Architecture and provenance, JSON text with sorted keys. */
  readonly settings: string;
}

/** @returns what a checkpoint file says beside its graph, for `readCheckpoint` to check. */
export function checkpointMetadata(checkpoint: Checkpoint): Readonly<Record<string, string>> {
  const { weights, frozenWeights, settings } = checkpoint;
  return {
    [settingsKey]: settings,
    [digestKey]: weightsDigest(weights),
    ...(frozenWeights === undefined ? {} : { [frozenDigestKey]: weightsDigest(frozenWeights) }),
  };
}

/**
 * Reads the weights and settings of a checkpoint without running it, and checks them.
 *
 * @param origin - where the bytes come from, for the error message.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the bytes are truncated, damaged, or no
 *   checkpoint of dreamlog.
 */
export function readCheckpoint(bytes: Uint8Array, origin: string): Checkpoint {
  const { tensors, metadata } = readOnnx(bytes, origin);
  const weights = tensors.get(weightsName);
  const settings = metadata.get(settingsKey);
  if (weights === undefined || settings === undefined) {
    throw invalidCheckpoint(
      origin,
      `expected an ONNX file with "${weightsName}" and "${settingsKey}", found one without`,
    );
  }
  checkDigest(weights, metadata.get(digestKey), origin);
  const frozenWeights = tensors.get(frozenWeightsName);
  if (frozenWeights === undefined) return { weights, settings };
  checkDigest(frozenWeights, metadata.get(frozenDigestKey), origin);
  return { weights, frozenWeights, settings };
}

function checkDigest(weights: Float32Array, expected: string | undefined, origin: string): void {
  const found = weightsDigest(weights);
  if (found === expected) return;
  throw invalidCheckpoint(
    origin,
    `expected weights with digest ${expected ?? "(none)"}, found ${found}`,
  );
}

/**
 * @returns the settings of a checkpoint as the fields of an object.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when they are not the JSON text of one.
 */
export function parseSettings(settings: string, origin: string): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(settings);
    if (typeof fields === "object" && fields !== null) return { ...fields };
  } catch {
    // Reported below, as what parses to something else is.
  }
  throw invalidCheckpoint(origin, `expected settings that are a JSON object, found ${settings}`);
}

/** @returns digest of the weights alone, whatever graph they are stored with. */
export function weightsDigest(weights: Float32Array): Digest {
  return digestBytes(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
}

/** @param what - expected and found. */
export function invalidCheckpoint(origin: string, what: string): DreamlogError {
  return new DreamlogError(
    "CHECKPOINT_INVALID",
    `${what} in ${origin}; fetch the file again or train it anew`,
    { origin },
  );
}
