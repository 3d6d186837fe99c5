import { invariant } from "../../core/errors.ts";
import type {
  OnnxAttribute,
  OnnxConstant,
  OnnxGraph,
  OnnxNode,
  OnnxValue,
} from "../../inference/onnxModel.ts";

/** A float32 value in a graph, of a shape known when the graph is built. */
export interface Node {
  readonly name: string;
  readonly shape: readonly number[];
  /** Values this one was computed from, in the order `gradient` answers. Empty for leaves. */
  readonly parents: readonly Node[];
  /**
   * Gradients of the loss with respect to the parents, from the gradient with respect to this value;
   * null for a parent that takes none.
   */
  readonly gradient: ((upstream: Node) => readonly (Node | null)[]) | null;
}

/**
 * A static computation graph that becomes one ONNX file. Operators are functions over it, one family a
 * file; each emits its ONNX nodes and knows its gradient, written in the same operators.
 */
export class Graph {
  readonly #nodes: OnnxNode[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #constants = new Map<string, OnnxConstant>();
  readonly #outputs: OnnxValue[] = [];
  #count = 0;

  /** A value fed at every run. */
  input(name: string, shape: readonly number[]): Node {
    this.#inputs.push({ name, shape });
    return leaf(name, shape);
  }

  /** A value baked into the file. Equal constants are stored once. */
  constant(data: Float32Array | number, shape: readonly number[] = []): Node {
    const values = typeof data === "number" ? Float32Array.of(data) : data;
    invariant(values.length === sizeOf(shape), `constant of shape [${shape.join(", ")}]`);
    const key =
      values.length <= 64 ? `c ${shape.join("x")} ${values.join(" ")}` : `c${this.#fresh()}`;
    if (!this.#constants.has(key)) {
      const name =
        typeof data === "number" ? `scalar_${this.#fresh()}` : `constant_${this.#fresh()}`;
      this.#constants.set(key, { name, shape, data: values });
    }
    return leaf(this.#constants.get(key)!.name, shape);
  }

  /** A named constant: weights, which a reader of the file finds again by this name. */
  weights(name: string, data: Float32Array): Node {
    this.#constants.set(name, { name, shape: [data.length], data });
    return leaf(name, [data.length]);
  }

  /** Names a value as a result of the graph. */
  output(name: string, node: Node): void {
    this.#nodes.push({ operator: "Identity", inputs: [node.name], outputs: [name] });
    this.#outputs.push({ name, shape: node.shape });
  }

  /** Name of an int64 constant, as shapes and axes are given to ONNX operators. */
  integers(values: readonly number[]): string {
    const key = `i ${values.join(" ")}`;
    if (!this.#constants.has(key)) {
      const data = BigInt64Array.from(values, (value) => BigInt(value));
      this.#constants.set(key, { name: `integers_${this.#fresh()}`, shape: [values.length], data });
    }
    return this.#constants.get(key)!.name;
  }

  /** Emits one ONNX operator. */
  emit(operation: {
    readonly operator: string;
    readonly domain?: "com.microsoft";
    /** Names of values and integer constants, in ONNX order. */
    readonly inputs: readonly (Node | string)[];
    readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
    readonly shape: readonly number[];
    readonly parents?: readonly Node[];
    readonly gradient?: Node["gradient"];
  }): Node {
    const [node] = this.emitMany({ ...operation, shapes: [operation.shape] });
    return node!;
  }

  /** Emits one ONNX operator with several outputs; the gradient belongs to the first. */
  emitMany(operation: {
    readonly operator: string;
    readonly domain?: "com.microsoft";
    readonly inputs: readonly (Node | string)[];
    readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
    readonly shapes: readonly (readonly number[])[];
    readonly parents?: readonly Node[];
    readonly gradient?: Node["gradient"];
  }): readonly Node[] {
    const outputs = operation.shapes.map(() => `v${this.#fresh()}`);
    this.#nodes.push({
      operator: operation.operator,
      ...(operation.domain === undefined ? {} : { domain: operation.domain }),
      inputs: operation.inputs.map((input) => (typeof input === "string" ? input : input.name)),
      outputs,
      ...(operation.attributes === undefined ? {} : { attributes: operation.attributes }),
    });
    return outputs.map((name, at) => ({
      name,
      shape: operation.shapes[at]!,
      parents: at === 0 ? (operation.parents ?? []) : [],
      gradient: at === 0 ? (operation.gradient ?? null) : null,
    }));
  }

  finish(metadata: Readonly<Record<string, string>> = {}): OnnxGraph {
    return {
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs: this.#outputs,
      constants: [...this.#constants.values()],
      metadata,
    };
  }

  #fresh(): number {
    this.#count += 1;
    return this.#count;
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function leaf(name: string, shape: readonly number[]): Node {
  return { name, shape, parents: [], gradient: null };
}
