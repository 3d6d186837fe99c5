import { exponential, multiply, subtract } from "./elementwise.ts";
import type { Value } from "./graph.ts";
import { sum } from "./shape.ts";

/** Over the last axis. */
export function softmax(x: Value): Value {
  const last = x.shape.length - 1;
  return x.graph.apply({
    operator: "Softmax",
    inputs: [x],
    shape: x.shape,
    attributes: { axis: last },
    gradients: [
      (dy, y) => {
        const weighted = multiply(dy, y);
        return subtract(weighted, multiply(y, sum(weighted, [last])));
      },
    ],
  });
}

/** Natural logarithm of `softmax`, over the last axis. */
export function logSoftmax(x: Value): Value {
  const last = x.shape.length - 1;
  return x.graph.apply({
    operator: "LogSoftmax",
    inputs: [x],
    shape: x.shape,
    attributes: { axis: last },
    gradients: [(dy, y) => subtract(dy, multiply(exponential(y), sum(dy, [last])))],
  });
}
