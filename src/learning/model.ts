import type { Random } from "../core/random.ts";
import { frozenWeightsName, weightsName } from "../inference/checkpointFile.ts";
import { adamStep, type AdamSettings } from "./graph/adam.ts";
import { gradientsOf } from "./graph/gradients.ts";
import { itemCount, type Graph, type Parameter, type Value } from "./graph/graph.ts";
import { concat, reshape } from "./graph/shape.ts";
import { encodeOnnxModel, type OnnxNode, type OnnxPort, type OnnxTensor } from "../inference/onnxModel.ts"; // prettier-ignore

/** @returns how many numbers a flat vector of these parameters holds. */
export function weightCount(parameters: readonly Parameter[]): number {
  return parameters.reduce((count, parameter) => count + itemCount(parameter.shape), 0);
}

/**
 * First weights of a graph, flat, in order of creation; each tensor is drawn from a generator of its
 * own name, so adding one leaves the others as they were.
 */
export function initialWeights(parameters: readonly Parameter[], random: Random): Float32Array {
  const flat = new Float32Array(weightCount(parameters));
  let at = 0;
  for (const parameter of parameters) {
    const values = parameter.initialise(parameter.shape, random.split(parameter.name));
    flat.set(values, at);
    at += values.length;
  }
  return flat;
}

/** @returns the nodes that cut one flat vector into the parameters' tensors. */
function unflatten(
  graph: Graph,
  flatName: string,
  parameters: readonly Parameter[],
): { readonly nodes: readonly OnnxNode[]; readonly initialisers: readonly OnnxTensor[] } {
  if (parameters.length === 0) return { nodes: [], initialisers: [] };
  const sizes = parameters.map((parameter) => itemCount(parameter.shape));
  const sizesName = graph.freshName("sizes");
  const flatNames = parameters.map((parameter) => `${parameter.name}/flat`);
  const split: OnnxNode = {
    operator: "Split",
    domain: "",
    inputs: [flatName, sizesName],
    outputs: flatNames,
    attributes: { axis: 0 },
  };
  const reshapes = parameters.map((parameter, at): OnnxNode => {
    return {
      operator: "Reshape",
      domain: "",
      inputs: [flatNames[at]!, graph.indices(parameter.shape).name],
      outputs: [parameter.name],
      attributes: {},
    };
  });
  const sizesTensor = { name: sizesName, shape: [sizes.length], data: BigInt64Array.from(sizes, BigInt) }; // prettier-ignore
  return { nodes: [split, ...reshapes], initialisers: [sizesTensor] };
}

function flatPort(name: string, parameters: readonly Parameter[]): readonly OnnxPort[] {
  return parameters.length === 0 ? [] : [{ name, shape: [weightCount(parameters)] }];
}

/** A node that gives an existing value the name the model's output is known by. */
function rename(value: Value, name: string): OnnxNode {
  return {
    operator: "Identity",
    domain: "",
    inputs: [value.name],
    outputs: [name],
    attributes: {},
  };
}

/**
 * A model that trains itself: forward pass, backward pass and Adam in one graph. Takes the batch, the
 * flat state, `rate`, `meanCorrection` and `varianceCorrection`; gives the next flat state (`…Next`),
 * `loss`, `gradientNorm` and the metrics.
 *
 * @param options.loss - shape [1]; consumed: the graph's tape is empty afterwards.
 * @param options.metrics - shape [1] each, by name.
 */
export function encodeTrainingModel(options: {
  readonly graph: Graph;
  readonly loss: Value;
  readonly metrics: Readonly<Record<string, Value>>;
  readonly adam: AdamSettings;
}): Uint8Array {
  const { graph, loss, metrics } = options;
  const trained = graph.trainedParameters;
  const flatShape = [weightCount(trained)];
  const slopes = gradientsOf(loss, trained).map((slope, at) =>
    slope === undefined
      ? graph.constant([itemCount(trained[at]!.shape)], new Float32Array(itemCount(trained[at]!.shape))) // prettier-ignore
      : reshape(slope, [-1]),
  );
  const weights = { graph, name: weightsName, shape: flatShape, needsGradient: false };
  const next = adamStep(
    {
      weights,
      mean: graph.input("mean", flatShape),
      variance: graph.input("variance", flatShape),
      average: graph.input("average", flatShape),
    },
    concat(slopes, 0),
    {
      rate: graph.input("rate", [1]),
      meanCorrection: graph.input("meanCorrection", [1]),
      varianceCorrection: graph.input("varianceCorrection", [1]),
    },
    options.adam,
  );
  const outputs: Readonly<Record<string, Value>> = {
    weightsNext: next.weights,
    meanNext: next.mean,
    varianceNext: next.variance,
    averageNext: next.average,
    loss,
    gradientNorm: next.gradientNorm,
    ...metrics,
  };
  return assemble(graph, outputs, {}, {});
}

/**
 * A model that only answers. With its weights inside it is faster: onnxruntime prepares them once.
 *
 * @param options.outputs - by the name they are asked for.
 * @param options.weights - flat, of the trained parameters; when left out they are an input.
 * @param options.frozenWeights - flat, of the frozen parameters; when left out they are an input.
 * @param options.metadata - kept in the file, such as the settings of a checkpoint.
 */
export function encodeInferenceModel(options: {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly weights?: Float32Array;
  readonly frozenWeights?: Float32Array;
  readonly metadata?: Readonly<Record<string, string>>;
}): Uint8Array {
  const { graph, outputs, weights, frozenWeights, metadata = {} } = options;
  const baked = {
    ...(weights === undefined ? {} : { [weightsName]: weights }),
    ...(frozenWeights === undefined ? {} : { [frozenWeightsName]: frozenWeights }),
  };
  return assemble(graph, outputs, baked, metadata);
}

function assemble(
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  baked: Readonly<Record<string, Float32Array>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const trained = unflatten(graph, weightsName, graph.trainedParameters);
  const frozen = unflatten(graph, frozenWeightsName, graph.frozenParameters);
  const flatInputs = [
    ...flatPort(weightsName, graph.trainedParameters),
    ...flatPort(frozenWeightsName, graph.frozenParameters),
  ].filter((port) => baked[port.name] === undefined);
  return encodeOnnxModel({
    name: "dreamlog",
    nodes: [
      ...trained.nodes,
      ...frozen.nodes,
      ...graph.nodes,
      ...Object.entries(outputs).map(([name, value]) => rename(value, name)),
    ],
    initialisers: [
      ...graph.initialisers,
      ...trained.initialisers,
      ...frozen.initialisers,
      ...Object.entries(baked).map(([name, data]) => ({ name, shape: [data.length], data })),
    ],
    inputs: [...flatInputs, ...graph.inputs],
    outputs: Object.entries(outputs).map(([name, { shape }]) => ({ name, shape })),
    metadata,
  });
}
