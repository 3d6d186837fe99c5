import { invariant } from "../../core/errors.ts";
import { add } from "./elementwise.ts";
import type { Graph, Value } from "./graph.ts";
import { scaledNormal, zeros } from "./initialisers.ts";
import { matmul } from "./linear.ts";
import { concat, flipPlane, pad, reshape, slice, sum, transpose } from "./shape.ts";

/**
 * Correlation with zero padding that keeps the size, stride 1.
 *
 * @param x - shape [N, Ci, H, W].
 * @param weight - shape [Co, Ci, k, k], k = 1 or 3.
 */
export function convolve(x: Value, weight: Value): Value {
  const [batch, , height, width] = x.shape as [number, number, number, number];
  const [outputs, , kernel] = weight.shape as [number, number, number, number];
  invariant(kernel === 1 || kernel === 3, `kernel of ${kernel}`);
  const reach = (kernel - 1) / 2;
  return x.graph.apply({
    operator: "Conv",
    inputs: [x, weight],
    shape: [batch, outputs, height, width],
    attributes: { kernel_shape: [kernel, kernel], pads: [reach, reach, reach, reach] },
    gradients: [
      (dy) => convolve(dy, flipPlane(transpose(weight, [1, 0, 2, 3]))),
      (dy) => (kernel === 1 ? pointwiseWeightGradient(x, dy) : weightGradient(x, dy)),
    ],
  });
}

function pointwiseWeightGradient(x: Value, dy: Value): Value {
  const [batch, inputs] = x.shape as [number, number];
  const outputs = dy.shape[1]!;
  const perSample = matmul(reshape(dy, [batch, outputs, -1]), reshape(x, [batch, inputs, -1]), {
    transposeB: true,
  });
  return reshape(sum(perSample, [0]), [outputs, inputs, 1, 1]);
}

/**
 * dW of a 3×3 kernel as one matrix product a sample: the three column shifts of x against the three
 * row shifts of dy, over (H + 2) · W positions. Several times faster than a convolution over
 * transposed axes.
 */
function weightGradient(x: Value, dy: Value): Value {
  const [batch, inputs, height, width] = x.shape as [number, number, number, number];
  const outputs = dy.shape[1]!;
  const positions = (height + 2) * width;
  const padded = pad(pad(x, 2, 1, 1), 3, 1, 1);
  const columns = concat(
    [0, 1, 2].map((start) => slice(padded, 3, start, start + width)),
    1,
  );
  const rows = concat(
    [0, 1, 2].map((start) => pad(dy, 2, start, 2 - start)),
    1,
  );
  const perSample = matmul(
    reshape(rows, [batch, 3 * outputs, positions]),
    reshape(columns, [batch, 3 * inputs, positions]),
    { transposeB: true },
  );
  const byShift = reshape(sum(perSample, [0]), [3, outputs, 3, inputs]);
  return transpose(byShift, [1, 3, 0, 2]);
}

/** A convolution and a bias by channel, with parameters named after `name`. */
export function convolution(
  graph: Graph,
  name: string,
  x: Value,
  options: {
    readonly outputs: number;
    readonly kernel: 1 | 3;
    readonly gain?: number;
    /** Starts at 0, so that what it feeds starts unchanged (ControlNet's zero convolution). */
    readonly isZero?: boolean;
  },
): Value {
  const { outputs, kernel, gain = Math.SQRT2, isZero = false } = options;
  const inputs = x.shape[1]!;
  const weight = graph.parameter(
    `${name}.weight`,
    [outputs, inputs, kernel, kernel],
    isZero ? zeros : scaledNormal(inputs * kernel * kernel, gain),
  );
  const bias = graph.parameter(`${name}.bias`, [1, outputs, 1, 1], zeros);
  return add(convolve(x, weight), bias);
}
