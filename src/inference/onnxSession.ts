import { InferenceSession, Tensor } from "onnxruntime-node";
import { digestBytes, type Digest } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";

/** A float32 tensor, row-major. */
export interface TensorData {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A loaded ONNX model. `run` blocks the thread while it computes. */
export interface OnnxSession {
  /** Of the model's bytes. */
  readonly digest: Digest;
  run(feeds: Readonly<Record<string, TensorData>>): Promise<Readonly<Record<string, Float32Array>>>;
  /** As `run`, writing the named outputs straight into the arrays given. */
  runInto(
    feeds: Readonly<Record<string, TensorData>>,
    outputs: Readonly<Record<string, TensorData>>,
  ): Promise<void>;
  release(): Promise<void>;
}

/**
 * @param options.threads - 1 unless said otherwise: the thread count can change the bits.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the runtime does not accept the bytes.
 */
export async function loadOnnxSession(
  model: Uint8Array,
  options: { readonly threads?: number } = {},
): Promise<OnnxSession> {
  const session = await createSession(model, options.threads ?? 1);
  const toTensors = (values: Readonly<Record<string, TensorData>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, { data, shape }]) => [
        name,
        new Tensor("float32", data, shape),
      ]),
    );
  return {
    digest: digestBytes(model),
    async run(feeds) {
      const results = await session.run(toTensors(feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]),
      );
    },
    async runInto(feeds, outputs) {
      await session.run(toTensors(feeds), toTensors(outputs));
    },
    release: () => session.release(),
  };
}

async function createSession(model: Uint8Array, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      // Warnings tell of initialisers folded away, which is what they are for.
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected an ONNX model that the runtime can load, found ${model.length} bytes it refuses: ${error instanceof Error ? error.message : String(error)}`,
      { lengthBytes: model.length },
      error,
    );
  }
}
