import { add, multiply, subtract } from "./arithmetic.ts";
import type { Graph, Node } from "./graph.ts";
import { meanOver } from "./reduction.ts";
import { reshape } from "./shape.ts";

const epsilon = 1e-5;

/** (a − mean) / standard deviation over the last axis. */
function standardise(graph: Graph, a: Node): Node {
  const last = a.shape.length - 1;
  const length = a.shape[last]!;
  const ones = graph.constant(new Float32Array(length).fill(1), [length]);
  const zeros = graph.constant(new Float32Array(length), [length]);
  const reduced = a.shape.map((size, axis) => (axis === last ? 1 : size));
  const [result, , inverseDeviation] = graph.emitMany({
    operator: "LayerNormalization",
    inputs: [a, ones, zeros],
    attributes: { axis: -1, epsilon: { float: epsilon } },
    shapes: [a.shape, reduced, reduced],
    parents: [a],
    // (d − mean(d) − y · mean(d · y)) / deviation
    gradient: (upstream) => {
      const meanUpstream = meanOver(graph, upstream, [last]);
      const meanProduct = meanOver(graph, multiply(graph, upstream, result!), [last]);
      const centred = subtract(graph, upstream, meanUpstream);
      const projected = subtract(graph, centred, multiply(graph, result!, meanProduct));
      return [multiply(graph, projected, inverseDeviation!)];
    },
  });
  return result!;
}

/** Layer normalisation over the last axis, with gain and offset of that length. */
export function layerNorm(graph: Graph, a: Node, gain: Node, offset: Node): Node {
  return add(graph, multiply(graph, standardise(graph, a), gain), offset);
}

/** Group normalisation of [N, C, H, W] with a gain and offset for each channel. */
export function groupNorm(graph: Graph, x: Node, groups: number, gain: Node, offset: Node): Node {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const grouped = reshape(graph, x, [batch, groups, (channels / groups) * height * width]);
  const standard = reshape(graph, standardise(graph, grouped), x.shape);
  const perChannel = (node: Node) => reshape(graph, node, [1, channels, 1, 1]);
  return add(graph, multiply(graph, standard, perChannel(gain)), perChannel(offset));
}
