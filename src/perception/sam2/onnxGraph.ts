import { InferenceSession, Tensor } from "onnxruntime-node";
import { DreamlogError } from "../../core/errors.ts";
import { repeatableSessionOptions } from "../../inference/repeatableSession.ts";
import type { GraphContract, GraphPort, Side } from "./sam2Layouts.ts";

/** A tensor with its shape; the holder owns the samples. */
export interface GraphTensor {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

export type GraphTensors = Readonly<Record<string, GraphTensor>>;

/** One ONNX file, loaded, whose names and shapes are those of its contract. */
export interface OnnxGraph {
  readonly path: string;
  /** As the file declares them. */
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
  /**
   * One forward pass, on one thread after the other.
   *
   * @returns the outputs that the contract names.
   * @throws {DreamlogError} `MODEL_FAILED` when onnxruntime refuses, or an output of floats holds a
   *   number that is not finite.
   */
  run(feeds: GraphTensors): Promise<GraphTensors>;
  release(): Promise<void>;
}

/**
 * Loads an ONNX file from its place, for weights of more than 2 GB lie in a second file beside it.
 *
 * @param options.threads - threads inside one operator; results of other counts may differ in the last bits.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when onnxruntime cannot load it, or its inputs and
 *   outputs are others than the contract's.
 */
export async function loadOnnxGraph(options: {
  readonly path: string;
  readonly contract: GraphContract;
  readonly threads: number;
}): Promise<OnnxGraph> {
  const { path, contract } = options;
  const session = await createSession(path, options.threads);
  const inputs = portsOf(session.inputMetadata);
  const outputs = portsOf(session.outputMetadata);
  try {
    checkContract(path, contract, { inputs, outputs });
  } catch (error) {
    await session.release();
    throw error;
  }
  const wanted = contract.outputs.map(({ name }) => name);
  return {
    path,
    inputs,
    outputs,
    async run(feeds) {
      const results = await runSession(session, path, feeds, wanted);
      return Object.fromEntries(
        wanted.map((name) => {
          const { data, dims } = results[name]!;
          const samples = data as Float32Array | Int32Array;
          requireFinite(path, name, samples);
          return [name, { data: samples, shape: dims }];
        }),
      );
    },
    release: () => session.release(),
  };
}

async function createSession(path: string, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, repeatableSessionOptions(threads));
  } catch (error) {
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected an ONNX model in ${path}, found a file that onnxruntime cannot load (${String(error)}); fetch it again, with its file of weights if it has one`,
      { path },
      error,
    );
  }
}

async function runSession(
  session: InferenceSession,
  path: string,
  feeds: GraphTensors,
  outputs: readonly string[],
) {
  try {
    const tensors = Object.entries(feeds).map(([name, { data, shape }]) => [
      name,
      data instanceof Float32Array
        ? new Tensor("float32", data, shape)
        : new Tensor("int32", data, shape),
    ]);
    return await session.run(Object.fromEntries(tensors) as InferenceSession.FeedsType, outputs);
  } catch (error) {
    throw new DreamlogError(
      "MODEL_FAILED",
      `expected ${path} to take ${Object.entries(feeds).map(([name, { shape }]) => `${name} [${shape.join(", ")}]`).join(", ")}, found that it does not (${String(error)}); check the export with npm run check:sam2`, // prettier-ignore
      { path },
      error,
    );
  }
}

function requireFinite(path: string, name: string, samples: Float32Array | Int32Array): void {
  if (samples instanceof Int32Array) return;
  // A loop, for an encoder gives millions of them a frame.
  let at = 0;
  while (at < samples.length && Number.isFinite(samples[at])) at++;
  if (at === samples.length) return;
  throw new DreamlogError(
    "MODEL_FAILED",
    `expected finite numbers in ${name}, found ${String(samples[at])} at ${at}, from ${path}; weights of half precision may overflow: use the 32-bit export`,
    { path, output: name, at, found: String(samples[at]) },
  );
}

function portsOf(metadata: readonly InferenceSession.ValueMetadata[]): readonly GraphPort[] {
  return metadata.map((value) =>
    value.isTensor
      ? { name: value.name, type: value.type, shape: value.shape.map(sideOf) }
      : { name: value.name, type: "no tensor", shape: [] },
  );
}

/** Open sides come as names, or as −1 where the exporter gave none. */
function sideOf(side: number | string): Side {
  return typeof side === "number" && side < 0 ? "?" : side;
}

/** @throws {DreamlogError} `CHECKPOINT_INVALID`, which lists what was expected and what was found. */
export function checkContract(path: string, expected: GraphContract, found: GraphContract): void {
  const faults = [
    ...expected.inputs.flatMap((port) => faultOf("input", port, found.inputs)),
    ...expected.outputs.flatMap((port) => faultOf("output", port, found.outputs)),
    ...found.inputs
      .filter(({ name }) => !expected.inputs.some((port) => port.name === name))
      .map((port) => `an input ${describePort(port)} that nothing is known of`),
  ];
  if (faults.length === 0) return;
  throw new DreamlogError(
    "CHECKPOINT_INVALID",
    `expected inputs ${describePorts(expected.inputs)} and outputs ${describePorts(expected.outputs)}, found ${faults.join("; ")} in ${path}; export the model anew, or name another layout=`,
    {
      path,
      faults,
      expected: { inputs: expected.inputs.map(describePort), outputs: expected.outputs.map(describePort) }, // prettier-ignore
      found: { inputs: found.inputs.map(describePort), outputs: found.outputs.map(describePort) },
    },
  );
}

function faultOf(kind: string, expected: GraphPort, found: readonly GraphPort[]): string[] {
  const port = found.find(({ name }) => name === expected.name);
  if (port === undefined) return [`no ${kind} ${describePort(expected)}`];
  // Exporters may leave the shape of an output out altogether.
  const isUnknown = kind === "output" && port.shape.length === 0;
  const fits =
    port.type === expected.type &&
    (isUnknown ||
      (port.shape.length === expected.shape.length &&
        expected.shape.every((side, at) => isCompatible(side, port.shape[at]!))));
  return fits ? [] : [`${kind} ${describePort(port)} in place of ${describePort(expected)}`];
}

/** An open side takes any; a fixed one where the contract leaves it open takes one object only, or so. */
function isCompatible(expected: Side, found: Side): boolean {
  return typeof expected === "string" || typeof found === "string" || expected === found;
}

export function describePort({ name, type, shape }: GraphPort): string {
  return `${name} ${type}[${shape.join(", ")}]`;
}

function describePorts(ports: readonly GraphPort[]): string {
  return ports.map(describePort).join(", ");
}
