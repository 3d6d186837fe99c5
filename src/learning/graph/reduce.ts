import { divide, multiply, scale } from "./elementwise.ts";
import { itemCount, type Value } from "./graph.ts";
import { reshape, sum } from "./shape.ts";

/** Mean over `axes`, which stay as sides of 1. */
export function mean(x: Value, axes: readonly number[]): Value {
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return scale(sum(x, axes), 1 / count);
}

/** @returns shape [1]. */
export function sumOfAll(x: Value): Value {
  return sum(reshape(x, [-1]), [0]);
}

/** @returns shape [1]. */
export function meanOfAll(x: Value): Value {
  return scale(sumOfAll(x), 1 / itemCount(x.shape));
}

/** Mean of `x` weighted by `weights`, whose sum must not be 0. @returns shape [1]. */
export function weightedMean(x: Value, weights: Value): Value {
  return divide(sumOfAll(multiply(x, weights)), sumOfAll(weights));
}
