import { invariant } from "../../core/errors.ts";
import { sameShape, sizeOf, type Graph, type Node } from "./graph.ts";

/** The same elements in row-major order under another shape. */
export function reshape(graph: Graph, a: Node, shape: readonly number[]): Node {
  if (sameShape(a.shape, shape)) return a;
  invariant(
    sizeOf(a.shape) === sizeOf(shape),
    `[${a.shape.join(", ")}] reshapes to [${shape.join(", ")}]`,
  );
  return graph.emit({
    operator: "Reshape",
    inputs: [a, graph.integers(shape)],
    shape,
    parents: [a],
    gradient: (upstream) => [reshape(graph, upstream, a.shape)],
  });
}

/** Axis i of the result is axis permutation[i] of `a`. */
export function transpose(graph: Graph, a: Node, permutation: readonly number[]): Node {
  return graph.emit({
    operator: "Transpose",
    inputs: [a],
    attributes: { perm: permutation },
    shape: permutation.map((axis) => a.shape[axis]!),
    parents: [a],
    gradient: (upstream) => {
      const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
      return [transpose(graph, upstream, inverse)];
    },
  });
}

/** Joins values along one axis. */
export function concatenate(graph: Graph, parts: readonly Node[], axis: number): Node {
  const [first] = parts;
  invariant(first !== undefined, "concatenate needs a part");
  if (parts.length === 1) return first;
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  return graph.emit({
    operator: "Concat",
    inputs: parts,
    attributes: { axis },
    shape: first.shape.map((size, at) => (at === axis ? length : size)),
    parents: parts,
    gradient: (upstream) => {
      let start = 0;
      return parts.map((part) => {
        const end = start + part.shape[axis]!;
        const piece = slice(graph, upstream, axis, start, end);
        start = end;
        return piece;
      });
    },
  });
}

/** Elements [start, end) along one axis. */
export function slice(graph: Graph, a: Node, axis: number, start: number, end: number): Node {
  const size = a.shape[axis]!;
  if (start === 0 && end === size) return a;
  return graph.emit({
    operator: "Slice",
    inputs: [a, graph.integers([start]), graph.integers([end]), graph.integers([axis])],
    shape: a.shape.map((length, at) => (at === axis ? end - start : length)),
    parents: [a],
    gradient: (upstream) => [padAxis(graph, upstream, axis, start, size - end)],
  });
}

/** Zeros before and after along one axis. */
export function padAxis(graph: Graph, a: Node, axis: number, before: number, after: number): Node {
  const pads = (amount: number) => a.shape.map((_, at) => (at === axis ? amount : 0));
  return graph.emit({
    operator: "Pad",
    inputs: [a, graph.integers([...pads(before), ...pads(after)])],
    shape: a.shape.map((size, at) => (at === axis ? size + before + after : size)),
    parents: [a],
    gradient: (upstream) => [slice(graph, upstream, axis, before, before + a.shape[axis]!)],
  });
}

/** [N, C, 2H, 2W] → [N, 4C, H, W]: each 2×2 block of pixels becomes channels. */
export function spaceToDepth(graph: Graph, a: Node): Node {
  const [batch, channels, height, width] = a.shape as [number, number, number, number];
  return graph.emit({
    operator: "SpaceToDepth",
    inputs: [a],
    attributes: { blocksize: 2 },
    shape: [batch, 4 * channels, height / 2, width / 2],
    parents: [a],
    gradient: (upstream) => [depthToSpace(graph, upstream)],
  });
}

/** Inverse of `spaceToDepth`. */
export function depthToSpace(graph: Graph, a: Node): Node {
  const [batch, channels, height, width] = a.shape as [number, number, number, number];
  return graph.emit({
    operator: "DepthToSpace",
    inputs: [a],
    attributes: { blocksize: 2, mode: "DCR" },
    shape: [batch, channels / 4, 2 * height, 2 * width],
    parents: [a],
    gradient: (upstream) => [spaceToDepth(graph, upstream)],
  });
}
