import { multiply, scale, subtract } from "./arithmetic.ts";
import type { Graph, Node } from "./graph.ts";
import { sumOver } from "./broadcast.ts";

/** Mean over axes, which stay with size 1. */
export function meanOver(graph: Graph, a: Node, axes: readonly number[]): Node {
  const count = axes.reduce((product, axis) => product * a.shape[axis]!, 1);
  return scale(graph, sumOver(graph, a, axes), 1 / count);
}

/** Largest element over one axis, which stays with size 1. A constant for the gradient. */
export function maxOver(graph: Graph, a: Node, axis: number): Node {
  return graph.emit({
    operator: "ReduceMax",
    inputs: [a, graph.integers([axis])],
    attributes: { keepdims: 1 },
    shape: a.shape.map((size, at) => (at === axis ? 1 : size)),
  });
}

/** Softmax over the last axis. */
export function softmax(graph: Graph, a: Node): Node {
  const last = a.shape.length - 1;
  const result: Node = graph.emit({
    operator: "Softmax",
    inputs: [a],
    attributes: { axis: last },
    shape: a.shape,
    parents: [a],
    gradient: (upstream) => {
      const inner = sumOver(graph, multiply(graph, upstream, result), [last]);
      return [multiply(graph, result, subtract(graph, upstream, inner))];
    },
  });
  return result;
}

/** Logarithm of the softmax over the last axis. */
export function logSoftmax(graph: Graph, a: Node): Node {
  const last = a.shape.length - 1;
  const result: Node = graph.emit({
    operator: "LogSoftmax",
    inputs: [a],
    attributes: { axis: last },
    shape: a.shape,
    parents: [a],
    gradient: (upstream) => {
      const probabilities = graph.emit({ operator: "Exp", inputs: [result], shape: a.shape });
      const total = sumOver(graph, upstream, [last]);
      return [subtract(graph, upstream, multiply(graph, probabilities, total))];
    },
  });
  return result;
}
