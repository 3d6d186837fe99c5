import { sameShape, type Graph, type Node } from "./graph.ts";

/** Copies along axes of size 1. */
export function expand(graph: Graph, a: Node, shape: readonly number[]): Node {
  if (sameShape(a.shape, shape)) return a;
  const axes = shape.flatMap((size, axis) => (a.shape[axis] === size ? [] : [axis]));
  return graph.emit({
    operator: "Expand",
    inputs: [a, graph.integers(shape)],
    shape,
    parents: [a],
    gradient: (upstream) => [sumOver(graph, upstream, axes)],
  });
}

/** Sum over axes, which stay with size 1. */
export function sumOver(graph: Graph, a: Node, axes: readonly number[]): Node {
  return graph.emit({
    operator: "ReduceSum",
    inputs: [a, graph.integers(axes)],
    attributes: { keepdims: 1 },
    shape: a.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    parents: [a],
    gradient: (upstream) => [expand(graph, upstream, a.shape)],
  });
}
