import { square, subtract, multiply, scale } from "./graph/elementwise.ts";
import { sumOfAll } from "./graph/reduce.ts";
import { reshape } from "./graph/shape.ts";
import { createTrainer, type Trainer } from "./trainer.ts";
import { lossWeightsName, targetChangeName } from "./worldModelBatches.ts";
import { worldModelGraph, type WorldModelWeights } from "./worldModelCheckpoint.ts";

/**
 * Gradients have norms of 0.01 to 0.05, so the usual limit of 1 never binds; now and then one batch's is
 * ten times as large and throws the branch back to the mean picture.
 */
const clipNorm = 0.05;

/**
 * The denoising loss (DreamPlan Eq. 4) in its x-prediction form: squared error of the change, weighted
 * by place and frame as `neighbourhoodWeights` says, averaged over the batch. Adam moves the control
 * branch, or the backbone where there is no control branch.
 *
 * @param options.averageDecay - of the moving average of the weights. Default 0.98.
 * @param options.threads - threads inside one operator; the weights do not depend on it. Default 1.
 */
export function createWorldModelTrainer(
  model: Pick<WorldModelWeights, "architecture" | "weights" | "backbone">,
  options: {
    readonly batchSize: number;
    readonly averageDecay?: number;
    readonly threads?: number;
  },
): Promise<Trainer> {
  const { architecture, weights, backbone } = model;
  const { batchSize, averageDecay = 0.98, threads = 1 } = options;
  const { graph, change } = worldModelGraph(architecture, batchSize);
  const { frameCount, sidePx } = architecture;
  const target = graph.input(targetChangeName, change.shape);
  const place = graph.input(lossWeightsName, [batchSize, frameCount, 1, sidePx, sidePx]);
  const error = reshape(square(subtract(change, target)), [
    batchSize,
    frameCount,
    3,
    sidePx,
    sidePx,
  ]);
  return createTrainer({
    graph,
    loss: scale(sumOfAll(multiply(error, place)), 1 / (3 * batchSize)),
    weights,
    ...(architecture.hasControl ? { frozenWeights: backbone } : {}),
    adam: { averageDecay, clipNorm },
    threads,
  });
}
