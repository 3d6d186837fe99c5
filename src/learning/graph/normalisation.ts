import { add, multiply, subtract } from "./elementwise.ts";
import type { Graph, Value } from "./graph.ts";
import { ones, zeros } from "./initialisers.ts";
import { mean } from "./reduce.ts";
import { reshape } from "./shape.ts";

/** Keeps the variance of a constant input from dividing by 0. */
const varianceFloor = 1e-5;

/** Over the last axis: mean 0, variance 1. */
export function normalise(x: Value): Value {
  const last = x.shape.length - 1;
  const { graph } = x;
  const unit = graph.constant([x.shape[last]!], new Float32Array(x.shape[last]!).fill(1));
  const inverseDeviation = {
    graph,
    name: graph.freshName("InverseDeviation"),
    shape: x.shape.map((side, axis) => (axis === last ? 1 : side)),
    needsGradient: false,
  };
  const output = { ...x, name: graph.freshName("LayerNormalization") };
  graph.emit(
    {
      operator: "LayerNormalization",
      inputs: [x, unit],
      attributes: { axis: last, epsilon: { float: varianceFloor } },
    },
    [output.name, graph.freshName("Mean"), inverseDeviation.name],
  );
  const gradient = (dy: Value, y: Value) => {
    const centred = subtract(dy, mean(dy, [last]));
    const along = multiply(y, mean(multiply(dy, y), [last]));
    return multiply(subtract(centred, along), inverseDeviation);
  };
  if (x.needsGradient) graph.tape.push({ output, inputs: [x], gradients: [gradient] });
  return output;
}

/** Normalises the last axis, then scales and shifts each item of it. */
export function layerNorm(graph: Graph, name: string, x: Value): Value {
  const width = x.shape.at(-1)!;
  const gain = graph.parameter(`${name}.gain`, [width], ones);
  const bias = graph.parameter(`${name}.bias`, [width], zeros);
  return add(multiply(normalise(x), gain), bias);
}

/** Normalises [N, C, H, W] over each of `groups` sets of channels, then scales and shifts by channel. */
export function groupNorm(graph: Graph, name: string, x: Value, groups: number): Value {
  const [batch, channels] = x.shape as [number, number];
  const gain = graph.parameter(`${name}.gain`, [1, channels, 1, 1], ones);
  const bias = graph.parameter(`${name}.bias`, [1, channels, 1, 1], zeros);
  const flat = normalise(reshape(x, [batch, groups, -1]));
  return add(multiply(reshape(flat, x.shape), gain), bias);
}
