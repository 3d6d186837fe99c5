import { invariant } from "../../core/errors.ts";
import { sameShape, type Graph, type Node } from "./graph.ts";
import { reshape } from "./shape.ts";
import { sumOver } from "./broadcast.ts";

/** a + b with numpy broadcasting. */
export function add(graph: Graph, a: Node, b: Node): Node {
  return binary(graph, "Add", a, b, (upstream) => [upstream, upstream]);
}

/** a − b with numpy broadcasting. */
export function subtract(graph: Graph, a: Node, b: Node): Node {
  return binary(graph, "Sub", a, b, (upstream) => [upstream, scale(graph, upstream, -1)]);
}

/** a · b, element by element, with numpy broadcasting. */
export function multiply(graph: Graph, a: Node, b: Node): Node {
  return binary(graph, "Mul", a, b, (upstream) => [
    multiply(graph, upstream, b),
    multiply(graph, upstream, a),
  ]);
}

/** a / b, element by element, with numpy broadcasting. */
export function divide(graph: Graph, a: Node, b: Node): Node {
  const quotient: Node = binary(graph, "Div", a, b, (upstream) => {
    const towardsA = divide(graph, upstream, b);
    return [towardsA, scale(graph, multiply(graph, towardsA, quotient), -1)];
  });
  return quotient;
}

/** factor · a. */
export function scale(graph: Graph, a: Node, factor: number): Node {
  return graph.emit({
    operator: "Mul",
    inputs: [a, graph.constant(factor)],
    shape: a.shape,
    parents: [a],
    gradient: (upstream) => [scale(graph, upstream, factor)],
  });
}

/** a + term. */
export function shift(graph: Graph, a: Node, term: number): Node {
  return graph.emit({
    operator: "Add",
    inputs: [a, graph.constant(term)],
    shape: a.shape,
    parents: [a],
    gradient: (upstream) => [upstream],
  });
}

export function square(graph: Graph, a: Node): Node {
  return multiply(graph, a, a);
}

function binary(
  graph: Graph,
  operator: string,
  a: Node,
  b: Node,
  gradient: (upstream: Node) => readonly [Node, Node],
): Node {
  return graph.emit({
    operator,
    inputs: [a, b],
    shape: broadcastShape(a.shape, b.shape),
    parents: [a, b],
    gradient: (upstream) => {
      const [towardsA, towardsB] = gradient(upstream);
      return [reduceTo(graph, towardsA, a.shape), reduceTo(graph, towardsB, b.shape)];
    },
  });
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - (rank - a.length)] ?? 1;
    const sizeB = b[axis - (rank - b.length)] ?? 1;
    invariant(
      sizeA === sizeB || sizeA === 1 || sizeB === 1,
      `shapes [${a.join(", ")}] and [${b.join(", ")}] broadcast`,
    );
    return Math.max(sizeA, sizeB);
  });
}

/** Sums a gradient over the axes along which its value was broadcast. */
function reduceTo(graph: Graph, node: Node, shape: readonly number[]): Node {
  if (sameShape(node.shape, shape)) return node;
  const lead = node.shape.length - shape.length;
  const axes = node.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  );
  return reshape(graph, sumOver(graph, node, axes), shape);
}
