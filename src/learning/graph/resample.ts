import { scale } from "./elementwise.ts";
import type { Value } from "./graph.ts";

/** Doubles height and width of [N, C, H, W] by repeating pixels. */
export function upsample2(x: Value): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const factors = x.graph.constant([4], Float32Array.of(1, 1, 2, 2));
  return x.graph.apply({
    operator: "Resize",
    // The second input, a region of interest, is left out.
    inputs: [x, { name: "" }, factors],
    shape: [batch, channels, 2 * height, 2 * width],
    attributes: {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    },
    gradients: [(dy) => scale(averagePool2(dy), 4)],
  });
}

/** Halves even height and width of [N, C, H, W] by averaging 2×2 pixels. */
export function averagePool2(x: Value): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return x.graph.apply({
    operator: "AveragePool",
    inputs: [x],
    shape: [batch, channels, height / 2, width / 2],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    gradients: [(dy) => scale(upsample2(dy), 0.25)],
  });
}

/** [N, C, H, W] → [N, C·b², H/b, W/b]: each b×b square becomes channels. */
export function spaceToDepth(x: Value, blockSide: number): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return x.graph.apply({
    operator: "SpaceToDepth",
    inputs: [x],
    shape: [batch, channels * blockSide * blockSide, height / blockSide, width / blockSide],
    attributes: { blocksize: blockSide },
    gradients: [(dy) => depthToSpace(dy, blockSide)],
  });
}

/** The inverse of `spaceToDepth`. */
export function depthToSpace(x: Value, blockSide: number): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return x.graph.apply({
    operator: "DepthToSpace",
    inputs: [x],
    shape: [batch, channels / (blockSide * blockSide), height * blockSide, width * blockSide],
    attributes: { blocksize: blockSide, mode: "DCR" },
    gradients: [(dy) => spaceToDepth(dy, blockSide)],
  });
}
