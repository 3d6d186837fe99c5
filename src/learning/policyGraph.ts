import { arms, keypointCount, tasks } from "../core/cell.ts";
import { invariant } from "../core/errors.ts";
import {
  add,
  exponential,
  multiply,
  relu,
  scale,
  square,
  squareRoot,
  subtract,
} from "./graph/elementwise.ts";
import type { Graph, Value } from "./graph/graph.ts";
import { linear, matmul } from "./graph/linear.ts";
import { layerNorm } from "./graph/normalisation.ts";
import { concat, reshape, slice, sum, transpose } from "./graph/shape.ts";
import { logSoftmax, softmax } from "./graph/softmax.ts";

/** Widths and depth of the keypoint policy. */
export interface PolicyArchitecture {
  readonly width: number;
  readonly headCount: number;
  readonly layerCount: number;
  readonly pairWidth: number;
}

export const policyArchitecture: PolicyArchitecture = {
  width: 48,
  headCount: 4,
  layerCount: 3,
  pairWidth: 64,
};

const tokenCount = 2 * keypointCount;
/** Actions (arm, source, target) over 12 × 12 keypoints. */
export const policyActionCount = arms.length * keypointCount * keypointCount;

/** The graph's inputs; fields and units as in `PolicyInput`, with the batch in front. */
export interface PolicyInputs {
  /** Shape [batch, 24, 2]. */
  readonly points: Value;
  /** Shape [batch, 3]. */
  readonly task: Value;
  /** Shape [batch, 288]. */
  readonly armBias: Value;
}

export function policyInputs(graph: Graph, batchSize: number): PolicyInputs {
  return {
    points: graph.input("points", [batchSize, tokenCount, 2]),
    task: graph.input("task", [batchSize, tasks.length]),
    armBias: graph.input("armBias", [batchSize, policyActionCount]),
  };
}

/**
 * The trainable planner: a small transformer over both keypoint sets, whose attention sees the
 * geometry of every pair, and a head that scores each (source, target). Nothing depends on the
 * order of the keypoints in their sets.
 *
 * @param inverseTemperature - shape [1]; multiplies the scores, not the arm's rule. Default: 1.
 * @returns log π(action | input), shape [batch, 288], exact: they sum to 1 over the arms' reach.
 */
export function policyLogProbabilities(
  graph: Graph,
  inputs: PolicyInputs,
  architecture: PolicyArchitecture,
  inverseTemperature?: Value,
): Value {
  const batchSize = inputs.points.shape[0]!;
  const geometry = pairGeometry(inputs.points);
  let tokens = embedTokens(graph, inputs, geometry, architecture);
  for (let layer = 0; layer < architecture.layerCount; layer++) {
    tokens = transformerLayer(graph, `layer${layer}`, tokens, geometry, architecture);
  }
  const scores = pairScores(graph, tokens, geometry, architecture);
  const flat = reshape(scores, [batchSize, 1, keypointCount * keypointCount]);
  const tempered = inverseTemperature === undefined ? flat : multiply(flat, inverseTemperature);
  const bias = reshape(inputs.armBias, [batchSize, arms.length, keypointCount * keypointCount]);
  return logSoftmax(reshape(add(tempered, bias), [batchSize, policyActionCount]));
}

/** Radii at which attention and head tell near from far, in units of half the workspace. */
const nearnessRadii = [0.06, 0.15, 0.4, 1] as const;
const geometrySize = 3 + nearnessRadii.length;

/**
 * What each token sees of each other: displacement, distance, and nearness at several radii.
 *
 * @returns shape [batch, 24, 24, geometrySize]; entry [b, i, j] leads from token i to token j.
 */
function pairGeometry(points: Value): Value {
  const [batchSize] = points.shape as [number];
  const to = reshape(points, [batchSize, 1, tokenCount, 2]);
  const from = reshape(points, [batchSize, tokenCount, 1, 2]);
  const displacement = subtract(to, from);
  const squared = sum(square(displacement), [3]);
  const nearness = nearnessRadii.map((radius) => exponential(scale(squared, -1 / radius ** 2)));
  return concat([displacement, squareRoot(squared), ...nearness], 3);
}

/**
 * First tokens: place, task, set, and the summed nearness to either set, which tells how crowded the
 * neighbourhood is and whether the other set has come there yet.
 */
function embedTokens(
  graph: Graph,
  inputs: PolicyInputs,
  geometry: Value,
  architecture: PolicyArchitecture,
): Value {
  const [batchSize] = inputs.points.shape as [number];
  const nearness = slice(geometry, 3, 3, geometrySize);
  const crowding = [0, keypointCount].map((start) =>
    reshape(scale(sum(slice(nearness, 2, start, start + keypointCount), [2]), 0.2), [
      batchSize,
      tokenCount,
      nearnessRadii.length,
    ]),
  );
  const own = linear(graph, "embed", concat([inputs.points, ...crowding], 2), {
    outputs: architecture.width,
  });
  const task = linear(graph, "embedTask", inputs.task, { outputs: 2 * architecture.width });
  const bySet = [0, 1].map((set) =>
    reshape(slice(task, 1, set * architecture.width, (set + 1) * architecture.width), [
      batchSize,
      1,
      architecture.width,
    ]),
  );
  const halves = [0, 1].map((set) =>
    add(slice(own, 1, set * keypointCount, (set + 1) * keypointCount), bySet[set]!),
  );
  return concat(halves, 1);
}

/** Attention with a bias from the geometry, then a perceptron; both added to what came in. */
function transformerLayer(
  graph: Graph,
  name: string,
  tokens: Value,
  geometry: Value,
  { width, headCount }: PolicyArchitecture,
): Value {
  const [batchSize] = tokens.shape as [number];
  const headWidth = width / headCount;
  invariant(Number.isInteger(headWidth), `${width} channels in ${headCount} heads`);
  const norm = layerNorm(graph, `${name}.attentionNorm`, tokens);
  const project = (part: string) =>
    transpose(
      reshape(linear(graph, `${name}.${part}`, norm, { outputs: width }), [
        batchSize,
        tokenCount,
        headCount,
        headWidth,
      ]),
      [0, 2, 1, 3],
    );
  const product = matmul(project("query"), project("key"), { transposeB: true });
  // Own and other set are told apart by position in the matrix: four blocks, each with its own view.
  const bias = transpose(blockwise(graph, `${name}.geometry`, geometry, headCount), [0, 3, 1, 2]);
  const weights = softmax(add(scale(product, 1 / Math.sqrt(headWidth)), bias));
  const mixed = reshape(transpose(matmul(weights, project("value")), [0, 2, 1, 3]), [
    batchSize,
    tokenCount,
    width,
  ]);
  const attended = add(tokens, linear(graph, `${name}.mix`, mixed, { outputs: width, gain: 0.5 }));
  const hidden = relu(
    linear(graph, `${name}.expand`, layerNorm(graph, `${name}.perceptronNorm`, attended), {
      outputs: 2 * width,
      gain: Math.SQRT2,
    }),
  );
  return add(attended, linear(graph, `${name}.contract`, hidden, { outputs: width, gain: 0.5 }));
}

/** A linear map of the geometry with other weights for each (from set, to set). */
function blockwise(graph: Graph, name: string, geometry: Value, outputs: number): Value {
  const half = (x: Value, axis: number, set: number) =>
    slice(x, axis, set * keypointCount, (set + 1) * keypointCount);
  const rows = [0, 1].map((from) =>
    concat(
      [0, 1].map((to) =>
        linear(graph, `${name}${from}${to}`, half(half(geometry, 1, from), 2, to), { outputs }),
      ),
      2,
    ),
  );
  return concat(rows, 1);
}

/** @returns shape [batch, sources, targets]. */
function pairScores(
  graph: Graph,
  tokens: Value,
  geometry: Value,
  { pairWidth }: PolicyArchitecture,
): Value {
  const [batchSize] = tokens.shape as [number];
  const norm = layerNorm(graph, "headNorm", tokens);
  const sources = linear(graph, "headSource", slice(norm, 1, 0, keypointCount), {
    outputs: pairWidth,
  });
  const targets = linear(graph, "headTarget", slice(norm, 1, keypointCount, tokenCount), {
    outputs: pairWidth,
  });
  const between = slice(slice(geometry, 1, 0, keypointCount), 2, keypointCount, tokenCount);
  const hidden = add(
    add(
      reshape(sources, [batchSize, keypointCount, 1, pairWidth]),
      reshape(targets, [batchSize, 1, keypointCount, pairWidth]),
    ),
    linear(graph, "headGeometry", between, { outputs: pairWidth }),
  );
  const deeper = relu(
    linear(graph, "headHidden", relu(hidden), { outputs: pairWidth / 2, gain: Math.SQRT2 }),
  );
  const scores = linear(graph, "headScore", deeper, { outputs: 1 });
  return reshape(scores, [batchSize, keypointCount, keypointCount]);
}
