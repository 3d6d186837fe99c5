import { invariant } from "../../core/errors.ts";
import { add } from "./arithmetic.ts";
import { sameShape, type Graph, type Node } from "./graph.ts";
import { sumOver } from "./broadcast.ts";
import { reshape, transpose } from "./shape.ts";

/**
 * Matrix product over the last two axes: [..., m, k] × [..., k, n] → [..., m, n]. The leading axes are
 * equal, or `b` is a plain matrix used for all of them.
 */
export function matmul(graph: Graph, a: Node, b: Node): Node {
  const lead = a.shape.slice(0, -2);
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const [innerB, columns] = b.shape.slice(-2) as [number, number];
  invariant(
    inner === innerB && (b.shape.length === 2 || sameShape(lead, b.shape.slice(0, -2))),
    `[${a.shape.join(", ")}] multiplies [${b.shape.join(", ")}]`,
  );
  return graph.emit({
    operator: "MatMul",
    inputs: [a, b],
    shape: [...lead, rows, columns],
    parents: [a, b],
    gradient: (upstream) => {
      const towardsA = matmul(graph, upstream, swapLast(graph, b));
      if (b.shape.length > 2) return [towardsA, matmul(graph, swapLast(graph, a), upstream)];
      const batch = lead.reduce((product, size) => product * size, 1);
      const flatA = reshape(graph, a, [batch * rows, inner]);
      const flatUpstream = reshape(graph, upstream, [batch * rows, columns]);
      return [towardsA, matmul(graph, swapLast(graph, flatA), flatUpstream)];
    },
  });
}

/** a · weight + bias over the last axis: [..., k] → [..., n]. */
export function linear(graph: Graph, a: Node, weight: Node, bias: Node): Node {
  return add(graph, matmul(graph, a, weight), bias);
}

/** Transposes the last two axes. */
export function swapLast(graph: Graph, a: Node): Node {
  const rank = a.shape.length;
  const permutation = a.shape.map((_, axis) => axis);
  permutation[rank - 1] = rank - 2;
  permutation[rank - 2] = rank - 1;
  return transpose(graph, a, permutation);
}

/** Sum of all elements, shape []. */
export function total(graph: Graph, a: Node): Node {
  const axes = a.shape.map((_, axis) => axis);
  return reshape(graph, axes.length === 0 ? a : sumOver(graph, a, axes), []);
}
