import { invariant } from "../../core/errors.ts";
import { isSameShape, itemCount, type Shape, type Value } from "./graph.ts";

/** @param shape - with as many items; one side may be −1 and is computed. */
export function reshape(x: Value, shape: Shape): Value {
  const known = shape.reduce((product, side) => (side < 0 ? product : product * side), 1);
  const full = shape.map((side) => (side < 0 ? itemCount(x.shape) / known : side));
  if (isSameShape(full, x.shape)) return x;
  invariant(itemCount(full) === itemCount(x.shape), `[${x.shape.join()}] as [${full.join()}]`);
  return x.graph.apply({
    operator: "Reshape",
    inputs: [x, x.graph.indices(full)],
    shape: full,
    gradients: [(dy) => reshape(dy, x.shape)],
  });
}

/** @param order - which axis of `x` each axis of the result is. */
export function transpose(x: Value, order: readonly number[]): Value {
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return x.graph.apply({
    operator: "Transpose",
    inputs: [x],
    shape: order.map((axis) => x.shape[axis]!),
    attributes: { perm: order },
    gradients: [(dy) => transpose(dy, inverse)],
  });
}

/** Repeats sides of 1 until `x` has `shape`. */
export function expand(x: Value, shape: Shape): Value {
  if (isSameShape(x.shape, shape)) return x;
  return x.graph.apply({
    operator: "Expand",
    inputs: [x, x.graph.indices(shape)],
    shape,
    gradients: [(dy) => sumToShape(dy, x.shape)],
  });
}

/** Sums over the axes along which something of `shape` was repeated to become `x`. */
export function sumToShape(x: Value, shape: Shape): Value {
  const added = x.shape.length - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < added || shape[axis - added] !== x.shape[axis]);
  return axes.length === 0 ? x : reshape(sum(x, axes), shape);
}

/** Sum over `axes`, which stay as sides of 1. */
export function sum(x: Value, axes: readonly number[]): Value {
  return x.graph.apply({
    operator: "ReduceSum",
    inputs: [x, x.graph.indices(axes)],
    shape: x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side)),
    attributes: { keepdims: 1 },
    gradients: [(dy) => expand(dy, x.shape)],
  });
}

/** Joins tensors that differ in the size of `axis` only. */
export function concat(parts: readonly Value[], axis: number): Value {
  const first = parts[0]!;
  if (parts.length === 1) return first;
  const starts: number[] = [];
  let size = 0;
  for (const part of parts) {
    starts.push(size);
    size += part.shape[axis]!;
  }
  return first.graph.apply({
    operator: "Concat",
    inputs: parts,
    shape: first.shape.map((side, at) => (at === axis ? size : side)),
    attributes: { axis },
    gradients: parts.map(
      (part, at) => (dy: Value) => slice(dy, axis, starts[at]!, starts[at]! + part.shape[axis]!),
    ),
  });
}

/** Items [start, end) along `axis`. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const side = x.shape[axis]!;
  invariant(start >= 0 && start < end && end <= side, `slice [${start}, ${end}) of ${side}`);
  if (start === 0 && end === side) return x;
  return x.graph.apply({
    operator: "Slice",
    inputs: [x, ...[start, end, axis].map((item) => x.graph.indices([item]))],
    shape: x.shape.map((length, at) => (at === axis ? end - start : length)),
    gradients: [(dy) => pad(dy, axis, start, side - end)],
  });
}

/** Adds zeros before and after along `axis`. */
export function pad(x: Value, axis: number, before: number, after: number): Value {
  const side = x.shape[axis]!;
  const bounds = [before, after].map((amount) =>
    x.shape.map((_, at) => (at === axis ? amount : 0)),
  );
  return x.graph.apply({
    operator: "Pad",
    inputs: [x, x.graph.indices(bounds.flat())],
    shape: x.shape.map((length, at) => (at === axis ? before + length + after : length)),
    gradients: [(dy) => slice(dy, axis, before, before + side)],
  });
}

/** Mirrors the last two axes. */
export function flipPlane(x: Value): Value {
  const rank = x.shape.length;
  const list = (first: number, second = first) => x.graph.indices([first, second]);
  return x.graph.apply({
    operator: "Slice",
    // A step of −1 from the last item to before the first.
    inputs: [x, list(-1), list(-(2 ** 31)), list(rank - 2, rank - 1), list(-1)],
    shape: x.shape,
    gradients: [(dy) => flipPlane(dy)],
  });
}
