import { expect } from "vitest";
import { createRandom, type Random } from "../../../src/core/random.ts";
import { multiply } from "../../../src/learning/graph/elementwise.ts";
import { gradientsOf } from "../../../src/learning/graph/gradients.ts";
import { Graph, itemCount, type Shape, type Value } from "../../../src/learning/graph/graph.ts";
import { sumOfAll } from "../../../src/learning/graph/reduce.ts";
import { concat, reshape } from "../../../src/learning/graph/shape.ts";
import { weightCount } from "../../../src/learning/model.ts";
import { weightsName } from "../../../src/inference/checkpointFile.ts";
import { createPredictor } from "../../../src/learning/predictor.ts";

type Arrays = Readonly<Record<string, Float32Array>>;

/**
 * Compares the gradient of Σ c·f(x), c random, with central differences of f summed in float64: for
 * each input, and for the flat vector of the parameters f creates, along the gradient itself (which
 * float32 resolves best) and along a random direction (which sees an item left out).
 *
 * @param options.draw - one item of an input; standard normal when left out.
 */
export async function expectExactGradients(options: {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly f: (inputs: Readonly<Record<string, Value>>) => Value;
  readonly draw?: (random: Random) => number;
}): Promise<void> {
  const { shapes, f, draw = (from: Random) => from.normal() } = options;
  const random = createRandom("gradients");
  const graph = new Graph();
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape, true)]),
  );
  const y = f(inputs);
  const coefficients = drawArray(itemCount(y.shape), () => random.normal());
  const loss = sumOfAll(multiply(y, graph.constant(y.shape, coefficients)));
  const session = await createPredictor({
    graph,
    outputs: { y, ...gradientOutputs(loss, inputs) },
  });
  const parameterCount = weightCount(graph.trainedParameters);
  const at: Arrays = {
    ...Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        drawArray(itemCount(shape), () => draw(random)),
      ]),
    ),
    ...(parameterCount === 0
      ? {}
      : { [weightsName]: drawArray(parameterCount, () => random.normal()) }),
  };
  const valueAt = async (point: Arrays) =>
    dot((await session.run(point)).y as Float32Array, coefficients);
  const results = await session.run(at);
  for (const name of Object.keys(at)) {
    const gradient = results[`d.${name}`] as Float32Array;
    const wild = Float32Array.from(gradient, () => random.normal());
    for (const direction of [gradient, wild]) {
      const unit = direction.map((item) => item / Math.sqrt(dot(direction, direction)));
      const step = 5e-3;
      const moved = (sign: number) => ({
        ...at,
        [name]: at[name]!.map((item, index) => item + sign * step * unit[index]!),
      });
      const slope = ((await valueAt(moved(1))) - (await valueAt(moved(-1)))) / (2 * step);
      const size = Math.sqrt(dot(gradient, gradient));
      expect(Math.abs(dot(gradient, unit) - slope) / size, `gradient of ${name}`).toBeLessThan(
        2e-3,
      );
    }
  }
  await session.release();
}

/** Gradients by the name of what they are of, `d.` in front; those of all parameters as one vector. */
function gradientOutputs(loss: Value, inputs: Readonly<Record<string, Value>>) {
  const { trainedParameters } = loss.graph;
  const targets = [...Object.values(inputs), ...trainedParameters];
  const gradients = gradientsOf(loss, targets).map((gradient) => gradient!);
  const outputs = Object.fromEntries(
    Object.keys(inputs).map((name, at) => [`d.${name}`, gradients[at]!]),
  );
  if (trainedParameters.length === 0) return outputs;
  const flat = gradients.slice(Object.keys(inputs).length).map((slope) => reshape(slope, [-1]));
  return { ...outputs, [`d.${weightsName}`]: concat(flat, 0) };
}

function drawArray(length: number, draw: () => number): Float32Array {
  return Float32Array.from({ length }, draw);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((total, item, at) => total + item * b[at]!, 0);
}
