import { describe, test } from "vitest";
import * as elementwise from "../../../src/learning/graph/elementwise.ts";
import { convolution, convolve } from "../../../src/learning/graph/convolution.ts";
import { linear, matmul } from "../../../src/learning/graph/linear.ts";
import { groupNorm, layerNorm, normalise } from "../../../src/learning/graph/normalisation.ts";
import { mean, meanOfAll, sumOfAll, weightedMean } from "../../../src/learning/graph/reduce.ts";
import * as resample from "../../../src/learning/graph/resample.ts";
import * as shaping from "../../../src/learning/graph/shape.ts";
import { logSoftmax, softmax } from "../../../src/learning/graph/softmax.ts";
import type { Value } from "../../../src/learning/graph/graph.ts";
import { expectExactGradients } from "./checkGradients.ts";

const { add, subtract, multiply, divide } = elementwise;

describe("gradients agree with finite differences", () => {
  test.each(Object.entries({ add, subtract, multiply }))(
    "%s, broadcasting either side",
    async (_, operator) => {
      await expectExactGradients({
        shapes: { a: [2, 1, 4], b: [3, 1] },
        f: ({ a, b }) => operator(a!, b!),
      });
    },
  );

  test("divide, broadcasting either side", async () => {
    await expectExactGradients({
      shapes: { a: [2, 1, 4], b: [3, 1] },
      f: ({ a, b }) => divide(a!, b!),
      draw: (random) => random.between(1, 2),
    });
  });

  const unary: Readonly<Record<string, (x: Value) => Value>> = {
    scale: (x) => elementwise.scale(x, -1.7),
    shift: (x) => multiply(x, elementwise.shift(x, 0.3)),
    negate: elementwise.negate,
    square: elementwise.square,
    exponential: elementwise.exponential,
    tanh: elementwise.tanh,
    sigmoid: elementwise.sigmoid,
    silu: elementwise.silu,
    softplus: elementwise.softplus,
  };
  test.each(Object.entries(unary))("%s", async (_, f) => {
    await expectExactGradients({ shapes: { x: [3, 5] }, f: ({ x }) => f(x!) });
  });

  const awayFromKinks: Readonly<Record<string, (x: Value) => Value>> = {
    relu: (x) => elementwise.relu(elementwise.shift(x, -1.5)),
    atMost: (x) => elementwise.square(elementwise.atMost(x, 1.5)),
    squareRoot: elementwise.squareRoot,
    logarithm: elementwise.logarithm,
  };
  test.each(Object.entries(awayFromKinks))("%s", async (_, f) => {
    await expectExactGradients({
      shapes: { x: [3, 5] },
      f: ({ x }) => f(x!),
      draw: (random) => (random.uniform() < 0.5 ? random.between(1, 1.4) : random.between(1.6, 2)),
    });
  });

  const shapeOperators: Readonly<Record<string, (x: Value) => Value>> = {
    reshape: (x) => shaping.reshape(x, [-1, 6]),
    transpose: (x) => shaping.transpose(x, [2, 0, 3, 1]),
    expand: (x) => shaping.expand(shaping.sum(x, [1]), [2, 5, 4, 6]),
    sum: (x) => shaping.sum(x, [0, 2]),
    concat: (x) => shaping.concat([x, elementwise.square(x), x], 1),
    slice: (x) => shaping.slice(x, 3, 2, 5),
    pad: (x) => shaping.pad(x, 2, 1, 3),
    flipPlane: shaping.flipPlane,
    mean: (x) => mean(x, [1, 3]),
    sumToShape: (x) => shaping.sumToShape(x, [3, 1, 6]),
    sumOfAll: (x) => sumOfAll(elementwise.square(x)),
    meanOfAll: (x) => meanOfAll(elementwise.square(x)),
    upsample2: resample.upsample2,
    averagePool2: resample.averagePool2,
    spaceToDepth: (x) => resample.spaceToDepth(x, 2),
    depthToSpace: (x) => resample.depthToSpace(shaping.concat([x, x, x, x], 1), 2),
    softmax,
    logSoftmax,
    normalise,
  };
  test.each(Object.entries(shapeOperators))("%s", async (_, f) => {
    await expectExactGradients({ shapes: { x: [2, 3, 4, 6] }, f: ({ x }) => f(x!) });
  });

  test("weightedMean", async () => {
    await expectExactGradients({
      shapes: { x: [4, 3], w: [4, 1] },
      f: ({ x, w }) => weightedMean(x!, w!),
      draw: (random) => random.between(0.5, 1.5),
    });
  });

  test.each([
    { transposeA: false, transposeB: false },
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: false },
    { transposeA: true, transposeB: true },
  ])("matmul of batches, $transposeA $transposeB", async (options) => {
    await expectExactGradients({
      shapes: {
        a: options.transposeA ? [2, 3, 5, 4] : [2, 3, 4, 5],
        b: options.transposeB ? [3, 6, 5] : [3, 5, 6],
      },
      f: ({ a, b }) => matmul(a!, b!, options),
    });
  });

  test.each([1, 3])("convolve with a kernel of side %d", async (kernel) => {
    await expectExactGradients({
      shapes: { x: [2, 3, 5, 4], w: [4, 3, kernel, kernel] },
      f: ({ x, w }) => convolve(x!, w!),
    });
  });

  const layers: Readonly<Record<string, (x: Value) => Value>> = {
    linear: (x) => linear(x.graph, "layer", x, { outputs: 3 }),
    layerNorm: (x) => layerNorm(x.graph, "layer", x),
    groupNorm: (x) => groupNorm(x.graph, "layer", x, 2),
    convolution: (x) => convolution(x.graph, "layer", x, { outputs: 3, kernel: 3 }),
  };
  test.each(Object.entries(layers))("%s, its parameters included", async (_, f) => {
    await expectExactGradients({ shapes: { x: [2, 4, 5, 3] }, f: ({ x }) => f(x!) });
  });

  test("a value used twice gets the sum of both gradients", async () => {
    await expectExactGradients({
      shapes: { x: [3, 4], w: [4, 4] },
      f: ({ x, w }) => add(matmul(elementwise.silu(matmul(x!, w!)), w!), x!),
    });
  });
});
