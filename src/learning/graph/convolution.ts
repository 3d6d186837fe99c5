import { invariant } from "../../core/errors.ts";
import { add, scale } from "./arithmetic.ts";
import type { Graph, Node } from "./graph.ts";
import { sumOver } from "./broadcast.ts";
import { concatenate, padAxis, reshape, slice, transpose } from "./shape.ts";

type Shape4 = readonly [number, number, number, number];

/**
 * Convolution that keeps height and width, stride 1: [N, Ci, H, W] * [Co, Ci, k, k] → [N, Co, H, W]
 * with k = 1 or 3.
 */
export function convolve(graph: Graph, x: Node, weight: Node, bias: Node): Node {
  const [outChannels] = weight.shape as Shape4;
  const product = convolveWithoutBias(graph, x, weight);
  return add(graph, product, reshape(graph, bias, [1, outChannels, 1, 1]));
}

function convolveWithoutBias(graph: Graph, x: Node, weight: Node): Node {
  const [batch, inChannels, height, width] = x.shape as Shape4;
  const [outChannels, weightChannels, side] = weight.shape as Shape4;
  invariant(
    inChannels === weightChannels && (side === 1 || side === 3),
    `[${x.shape.join(", ")}] convolves with [${weight.shape.join(", ")}]`,
  );
  const pad = (side - 1) / 2;
  return graph.emit({
    operator: "Conv",
    inputs: [x, weight],
    attributes: { kernel_shape: [side, side], pads: [pad, pad, pad, pad] },
    shape: [batch, outChannels, height, width],
    parents: [x, weight],
    gradient: (upstream) => [
      convolveWithoutBias(graph, upstream, mirrored(graph, weight)),
      side === 1 ? pointwiseWeightGradient(graph, x, upstream) : weightGradient(graph, x, upstream),
    ],
  });
}

/** [Co, Ci, k, k] → [Ci, Co, k, k], flipped in both axes: the kernel of the input's gradient. */
function mirrored(graph: Graph, weight: Node): Node {
  const swapped = transpose(graph, weight, [1, 0, 2, 3]);
  const side = weight.shape[2]!;
  if (side === 1) return swapped;
  const backwards = graph.integers([-1, -1]);
  const beyond = graph.integers([-side - 1, -side - 1]);
  return graph.emit({
    operator: "Slice",
    inputs: [swapped, backwards, beyond, graph.integers([2, 3]), backwards],
    shape: swapped.shape,
  });
}

/** Weight gradient of a 1×1 convolution: one matrix product over batch and pixels. */
function pointwiseWeightGradient(graph: Graph, x: Node, upstream: Node): Node {
  const [batch, inChannels, height, width] = x.shape as Shape4;
  const outChannels = upstream.shape[1]!;
  const product = graph.emit({
    operator: "FusedMatMul",
    domain: "com.microsoft",
    inputs: [
      reshape(graph, upstream, [batch, outChannels, height * width]),
      reshape(graph, x, [batch, inChannels, height * width]),
    ],
    attributes: { transB: 1 },
    shape: [batch, outChannels, inChannels],
  });
  return reshape(graph, sumOver(graph, product, [0]), [outChannels, inChannels, 1, 1]);
}

/**
 * Weight gradient of a 3×3 convolution as one matrix product: the three column shifts of x against
 * the three row shifts of the upstream gradient. Measured twice as fast as a convolution over
 * transposed axes.
 */
function weightGradient(graph: Graph, x: Node, upstream: Node): Node {
  const [batch, inChannels, height, width] = x.shape as Shape4;
  const outChannels = upstream.shape[1]!;
  const padded = padAxis(graph, padAxis(graph, x, 3, 1, 1), 2, 1, 1);
  const columns = [0, 1, 2].map((shift) => slice(graph, padded, 3, shift, shift + width));
  // Row shift r of dy lines dy[i] up with padded row i + r.
  const rows = [0, 1, 2].map((shift) => padAxis(graph, upstream, 2, shift, 2 - shift));
  const pixels = (height + 2) * width;
  const product = graph.emit({
    operator: "FusedMatMul",
    domain: "com.microsoft",
    inputs: [
      reshape(graph, concatenate(graph, rows, 1), [batch, 3 * outChannels, pixels]),
      reshape(graph, concatenate(graph, columns, 1), [batch, 3 * inChannels, pixels]),
    ],
    attributes: { transB: 1 },
    shape: [batch, 3 * outChannels, 3 * inChannels],
  });
  const folded = reshape(graph, sumOver(graph, product, [0]), [3, outChannels, 3, inChannels]);
  return transpose(graph, folded, [1, 3, 0, 2]);
}

/** Mean over 2×2 blocks: [N, C, 2H, 2W] → [N, C, H, W]. */
export function averagePool(graph: Graph, x: Node): Node {
  const [batch, channels, height, width] = x.shape as Shape4;
  return graph.emit({
    operator: "AveragePool",
    inputs: [x],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    shape: [batch, channels, height / 2, width / 2],
    parents: [x],
    gradient: (upstream) => [scale(graph, upsample(graph, upstream), 0.25)],
  });
}

/** Each pixel becomes a 2×2 block: [N, C, H, W] → [N, C, 2H, 2W]. */
export function upsample(graph: Graph, x: Node): Node {
  const [batch, channels, height, width] = x.shape as Shape4;
  const scales = graph.constant(Float32Array.of(1, 1, 2, 2), [4]);
  return graph.emit({
    operator: "Resize",
    inputs: [x, "", scales],
    attributes: {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    },
    shape: [batch, channels, 2 * height, 2 * width],
    parents: [x],
    gradient: (upstream) => [scale(graph, averagePool(graph, upstream), 4)],
  });
}
