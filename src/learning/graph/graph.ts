import { invariant } from "../../core/errors.ts";
import type { Random } from "../../core/random.ts";
import type { Attribute, OnnxNode, OnnxTensor } from "../../inference/onnxModel.ts";

export type Shape = readonly number[];

/** A float32 tensor of a graph: known by name and shape until the graph runs. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly shape: Shape;
  /** Some parameter that is being trained has a say in it. */
  readonly needsGradient: boolean;
}

/** Draws the first value of every weight of a tensor of `shape`. */
export type Initialiser = (shape: Shape, random: Random) => Float32Array;

export interface Parameter extends Value {
  readonly initialise: Initialiser;
}

/** One node with what its inputs' gradients are. */
export interface Operation {
  readonly operator: string;
  readonly inputs: readonly (Value | IndexList)[];
  readonly shape: Shape;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /**
   * By input: from the gradient of the output (and the output) to that of the input. Left out for
   * inputs without one.
   */
  readonly gradients?: readonly ((dy: Value, y: Value) => Value)[];
}

/** A list of whole numbers that an operator takes as an input: shapes, axes, bounds. */
export interface IndexList {
  readonly name: string;
}

/** What the backward pass needs of one operation. */
export interface TapeEntry {
  readonly output: Value;
  readonly inputs: readonly (Value | IndexList)[];
  readonly gradients: readonly ((dy: Value, y: Value) => Value)[];
}

/**
 * A graph of operators over tensors of fixed shape, in order of evaluation, with a tape for the
 * backward pass. Operators are the functions of this folder's other files.
 */
export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly initialisers: OnnxTensor[] = [];
  readonly inputs: Value[] = [];
  /** In order of creation, which is their order in the flat vectors. */
  readonly parameters: Parameter[] = [];
  readonly tape: TapeEntry[] = [];
  /** Multiply-adds of the matrix products and convolutions applied so far. */
  multiplyAdds = 0;
  readonly #isFrozen: (name: string) => boolean;
  readonly #constants = new Map<string, string>();
  #nameCount = 0;

  /** @param options.isFrozen - tells by name which parameters are not trained. Default: none. */
  constructor(options: { readonly isFrozen?: (name: string) => boolean } = {}) {
    this.#isFrozen = options.isFrozen ?? (() => false);
  }

  /** Data fed at every run: `needsGradient` only where a test asks for it. */
  input(name: string, shape: Shape, needsGradient = false): Value {
    const value = { graph: this, name, shape, needsGradient };
    this.inputs.push(value);
    return value;
  }

  /** Weights; `name` is unique in the graph. */
  parameter(name: string, shape: Shape, initialise: Initialiser): Parameter {
    invariant(!this.parameters.some((known) => known.name === name), `parameter ${name} twice`);
    const needsGradient = !this.#isFrozen(name);
    const parameter = { graph: this, name, shape, needsGradient, initialise };
    this.parameters.push(parameter);
    return parameter;
  }

  get trainedParameters(): readonly Parameter[] {
    return this.parameters.filter((parameter) => parameter.needsGradient);
  }

  get frozenParameters(): readonly Parameter[] {
    return this.parameters.filter((parameter) => !parameter.needsGradient);
  }

  constant(shape: Shape, data: Float32Array): Value {
    invariant(data.length === itemCount(shape), `constant [${shape.join(", ")}] of ${data.length}`);
    const name = this.freshName("constant");
    this.initialisers.push({ name, shape, data });
    return { graph: this, name, shape, needsGradient: false };
  }

  /** Shape [1], which broadcasts against everything. */
  scalar(value: number): Value {
    const name = this.#shared(`scalar ${value}`, (fresh) => ({
      name: fresh,
      shape: [1],
      data: Float32Array.of(value),
    }));
    return { graph: this, name, shape: [1], needsGradient: false };
  }

  indices(values: readonly number[]): IndexList {
    const name = this.#shared(`indices ${values.join()}`, (fresh) => ({
      name: fresh,
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    }));
    return { name };
  }

  /** Appends a node, and its place on the tape when a trained parameter has a say in it. */
  apply(operation: Operation): Value {
    const { operator, inputs, shape, gradients = [] } = operation;
    const needsGradient = inputs.some(
      (input, at) => gradients[at] !== undefined && "shape" in input && input.needsGradient,
    );
    const output = { graph: this, name: this.freshName(operator), shape, needsGradient };
    this.emit(operation, [output.name]);
    this.multiplyAdds += multiplyAddsOf(operation);
    if (needsGradient) this.tape.push({ output, inputs, gradients });
    return output;
  }

  /** Appends a node without a gradient, with output names of the caller's choice. */
  emit(
    operation: Pick<Operation, "operator" | "inputs" | "domain" | "attributes">,
    outputs: readonly string[],
  ): void {
    this.nodes.push({
      operator: operation.operator,
      domain: operation.domain ?? "",
      inputs: operation.inputs.map((input) => input.name),
      outputs,
      attributes: operation.attributes ?? {},
    });
  }

  freshName(stem: string): string {
    this.#nameCount++;
    return `${stem}.${this.#nameCount}`;
  }

  #shared(key: string, create: (name: string) => OnnxTensor): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const tensor = create(this.freshName("constant"));
    this.initialisers.push(tensor);
    this.#constants.set(key, tensor.name);
    return tensor.name;
  }
}

/** Of a product or a convolution: items of the output times terms summed in each; 0 for the rest. */
function multiplyAddsOf({ operator, inputs, shape, attributes = {} }: Operation): number {
  const [first, second] = inputs as readonly Value[];
  if (operator === "Conv") return itemCount(shape) * itemCount(second!.shape.slice(1));
  if (operator !== "MatMul" && operator !== "FusedMatMul") return 0;
  return itemCount(shape) * first!.shape.at(attributes.transA === 1 ? -2 : -1)!;
}

export function itemCount(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function isSameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((side, at) => side === b[at]);
}
