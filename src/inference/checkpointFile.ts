import { digestBytes, type Digest } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import { readOnnx } from "./onnxModel.ts";

/** Name of the flat weight vector in a checkpoint file. */
export const weightsName = "weights";

const settingsKey = "settings";
const digestKey = "weightsDigest";

/** Weights with what is needed to use them, as an ONNX file carries them. */
export interface Checkpoint {
  /** Flat, in the order of the architecture's parameters. */
  readonly weights: Float32Array;
  /** Architecture and provenance, JSON text with sorted keys. */
  readonly settings: string;
}

/** @returns what a checkpoint file says beside its graph, for `readCheckpoint` to check. */
export function checkpointMetadata(checkpoint: Checkpoint): Readonly<Record<string, string>> {
  return { [settingsKey]: checkpoint.settings, [digestKey]: weightsDigest(checkpoint.weights) };
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
  const [expected, found] = [metadata.get(digestKey), weightsDigest(weights)];
  if (found !== expected) {
    throw invalidCheckpoint(
      origin,
      `expected weights with digest ${expected ?? "(none)"}, found ${found}`,
    );
  }
  return { weights, settings };
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
