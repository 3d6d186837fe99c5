import { afterEach, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { silu, square, subtract } from "../../src/learning/graph/elementwise.ts";
import { Graph, type Value } from "../../src/learning/graph/graph.ts";
import { linear } from "../../src/learning/graph/linear.ts";
import { layerNorm } from "../../src/learning/graph/normalisation.ts";
import { meanOfAll } from "../../src/learning/graph/reduce.ts";
import { initialWeights } from "../../src/learning/model.ts";
import { createPredictor } from "../../src/learning/predictor.ts";
import { createTrainer, type Trainer } from "../../src/learning/trainer.ts";

const released: Trainer[] = [];
afterEach(async () => {
  for (const trainer of released.splice(0)) await trainer.release();
});

/** A small network that is to learn |x| summed over two numbers. */
function network(graph: Graph, x: Value): Value {
  const hidden = layerNorm(graph, "norm", linear(graph, "first", x, { outputs: 16 }));
  return linear(graph, "second", silu(hidden), { outputs: 1 });
}

async function startTraining(
  options: { isFrozen?: (name: string) => boolean; threads?: number } = {},
) {
  const graph = new Graph(options);
  const prediction = network(graph, graph.input("x", [8, 2]));
  const loss = meanOfAll(square(subtract(prediction, graph.input("target", [8, 1]))));
  const trainer = await createTrainer({
    graph,
    loss,
    metrics: { first: meanOfAll(prediction) },
    weights: initialWeights(graph.trainedParameters, createRandom("weights")),
    ...(graph.frozenParameters.length === 0
      ? {}
      : { frozenWeights: initialWeights(graph.frozenParameters, createRandom("weights")) }),
    adam: { averageDecay: 0.9 },
    threads: options.threads ?? 1,
  });
  released.push(trainer);
  return { trainer, graph };
}

function batches(count: number) {
  const random = createRandom("batches");
  return Array.from({ length: count }, () => {
    const x = Float32Array.from({ length: 16 }, () => random.between(-1, 1));
    const target = Float32Array.from({ length: 8 }, (_, row) => Math.abs(x[2 * row]!) + Math.abs(x[2 * row + 1]!)); // prettier-ignore
    return { x, target };
  });
}

async function train(trainer: Trainer, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (const batch of batches(steps)) losses.push((await trainer.step(batch, 1e-2)).loss);
  return losses;
}

test("training lowers the loss and gives identical weights twice, whatever the threads", async () => {
  const first = (await startTraining()).trainer;
  const second = (await startTraining({ threads: 2 })).trainer;

  const losses = await train(first, 200);
  await train(second, 200);

  const early = Math.max(...losses.slice(0, 10));
  const late = Math.max(...losses.slice(-10));
  expect(late).toBeLessThan(early / 10);
  expect(first.weights()).toEqual(second.weights());
  expect(first.stepCount).toBe(200);
});

test("the average of the weights follows them with the decay asked for", async () => {
  const { trainer } = await startTraining();
  const start = trainer.weights();
  await train(trainer, 1);
  const moved = trainer.weights();
  const average = trainer.averagedWeights();
  average.forEach((value, at) => {
    expect(value).toBeCloseTo(0.9 * start[at]! + 0.1 * moved[at]!, 6);
  });
});

test("the first step of Adam moves every weight by the rate, against its gradient's sign", async () => {
  const { trainer } = await startTraining();
  const before = trainer.weights();
  await trainer.step(batches(1)[0]!, 1e-2);
  const steps = trainer.weights().map((value, at) => Math.abs(value - before[at]!));
  for (const step of steps) expect(step < 1e-8 || Math.abs(step - 1e-2) < 1e-4).toBe(true);
});

test("frozen parameters take part and are not trained", async () => {
  const { trainer, graph } = await startTraining({ isFrozen: (name) => name.startsWith("first") });
  const losses = await train(trainer, 200);
  expect(graph.frozenParameters.map(({ name }) => name)).toEqual(["first.weight", "first.bias"]);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
});

test("the trained weights answer the same in an inference graph of another batch size", async () => {
  const { trainer } = await startTraining();
  await train(trainer, 20);
  const graph = new Graph();
  const prediction = network(graph, graph.input("x", [1, 2]));
  const predictor = await createPredictor({
    graph,
    outputs: { prediction },
    weights: trainer.weights(),
  });
  const batch = batches(21)[20]!;
  const { metrics } = await trainer.step(batch, 0);
  let total = 0;
  for (let row = 0; row < 8; row++) {
    const { prediction: answer } = await predictor.run({ x: batch.x.slice(2 * row, 2 * row + 2) });
    total += Number(answer![0]);
  }
  await predictor.release();
  expect(total / 8).toBeCloseTo(metrics.first!, 5);
});

test("a batch of the wrong size is refused by name", async () => {
  const { trainer } = await startTraining();
  const [batch] = batches(1);
  await expect(trainer.step({ ...batch!, x: new Float32Array(4) }, 1e-2)).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    message: expect.stringContaining('"x"') as string,
  });
  await expect(trainer.step({ x: batch!.x }, 1e-2)).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    message: expect.stringContaining('"target"') as string,
  });
});
