import { InferenceSession, Tensor } from "onnxruntime-node";
import { digestBytes, type Digest } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import { repeatableSessionOptions } from "./repeatableSession.ts";

/** Samples of a tensor in row-major order. The holder owns them. */
export type TensorData = Float32Array | BigInt64Array | Uint8Array;

/** What goes in or comes out, by the name the model gives it. */
export type NamedTensors = Readonly<Record<string, TensorData>>;

/** A model loaded into onnxruntime, every dimension of its inputs and outputs fixed. */
export interface OnnxSession {
  readonly inputs: ReadonlyMap<string, readonly number[]>;
  readonly outputs: ReadonlyMap<string, readonly number[]>;
  /**
   * One forward pass. It blocks the event loop of its thread until the pass is over.
   *
   * @param feeds - one array for each input, with as many items as its shape has.
   * @param into - arrays that receive outputs in place; the other outputs get new ones.
   * @throws {DreamlogError} `ARGUMENT_INVALID` for a missing input or an array of the wrong length.
   */
  run(feeds: NamedTensors, into?: NamedTensors): Promise<Readonly<Record<string, TensorData>>>;
  release(): Promise<void>;
}

/**
 * @param options.bytes - an ONNX model.
 * @param options.digest - what `bytes` must hash to, where known.
 * @param options.origin - where the bytes come from, for the error message.
 * @param options.threads - threads inside one operator. Default 1.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the digest differs or onnxruntime refuses the bytes.
 */
export async function loadOnnxSession(options: {
  readonly bytes: Uint8Array;
  readonly digest?: Digest;
  readonly origin: string;
  readonly threads?: number;
}): Promise<OnnxSession> {
  checkDigest(options);
  const session = await createSession(options);
  const inputs = shapesOf(session.inputMetadata);
  const outputs = shapesOf(session.outputMetadata);
  const wrap = (tensors: NamedTensors, shapes: ReadonlyMap<string, readonly number[]>) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, data]) => [name, toTensor(name, data, shapes)]),
    );
  return {
    inputs,
    outputs,
    async run(feeds, into = {}) {
      for (const name of inputs.keys()) {
        if (feeds[name] === undefined) throw refusal(`expected input "${name}", found none`);
      }
      const targets = wrap(into, outputs);
      const fetches = Object.fromEntries(
        [...outputs.keys()].map((name) => [name, targets[name] ?? null]),
      );
      const results = await session.run(wrap(feeds, inputs), fetches);
      return Object.fromEntries(
        Object.entries(results).map(([name, value]) => [name, value.data as TensorData]),
      );
    },
    release: () => session.release(),
  };
}

function checkDigest(options: {
  readonly bytes: Uint8Array;
  readonly digest?: Digest;
  readonly origin: string;
}): void {
  if (options.digest === undefined) return;
  const found = digestBytes(options.bytes);
  if (found === options.digest) return;
  throw new DreamlogError(
    "CHECKPOINT_INVALID",
    `expected a model with digest ${options.digest}, found ${found} in ${options.origin}; fetch the file again`,
    { expected: options.digest, found, origin: options.origin },
  );
}

async function createSession(options: {
  readonly bytes: Uint8Array;
  readonly origin: string;
  readonly threads?: number;
}): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(
      options.bytes,
      repeatableSessionOptions(options.threads ?? 1),
    );
  } catch (error) {
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected an ONNX model, found ${options.bytes.length} bytes in ${options.origin} that onnxruntime cannot load (${String(error)}); the file is truncated or damaged: fetch it again`,
      { origin: options.origin, lengthBytes: options.bytes.length },
      error,
    );
  }
}

function shapesOf(
  metadata: readonly InferenceSession.ValueMetadata[],
): ReadonlyMap<string, readonly number[]> {
  return new Map(
    metadata.map((value) => [value.name, value.isTensor ? value.shape.map(Number) : []]),
  );
}

function toTensor(
  name: string,
  data: TensorData,
  shapes: ReadonlyMap<string, readonly number[]>,
): Tensor {
  const shape = shapes.get(name);
  if (shape === undefined) {
    throw refusal(`expected one of ${[...shapes.keys()].join(", ")}, found "${name}"`);
  }
  const itemCount = shape.reduce((product, side) => product * side, 1);
  if (data.length !== itemCount) {
    throw refusal(`expected ${itemCount} items for "${name}" [${shape.join(", ")}], found ${data.length}`); // prettier-ignore
  }
  return data instanceof Float32Array
    ? new Tensor("float32", data, shape)
    : data instanceof BigInt64Array
      ? new Tensor("int64", data, shape)
      : new Tensor("uint8", data, shape);
}

function refusal(what: string): DreamlogError {
  return new DreamlogError("ARGUMENT_INVALID", `${what}; feed every input once, by name`);
}
