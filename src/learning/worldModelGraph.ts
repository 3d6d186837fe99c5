import {
  armPlaneCount,
  armPlaneSidePx,
  dreamFrameCount,
  noiseDeviation,
} from "../core/dreamTensors.ts";
import { cropSidePx } from "../core/cell.ts";
import { invariant } from "../core/errors.ts";
import { convolution } from "./graph/convolution.ts";
import { add, multiply, scale, shift, silu } from "./graph/elementwise.ts";
import type { Graph, Value } from "./graph/graph.ts";
import { linear, matmul } from "./graph/linear.ts";
import { groupNorm, layerNorm } from "./graph/normalisation.ts";
import { averagePool2, depthToSpace, spaceToDepth, upsample2 } from "./graph/resample.ts";
import { concat, expand, reshape, slice, sum, transpose } from "./graph/shape.ts";
import { softmax } from "./graph/softmax.ts";
import { carriedPictures, placePlanes, placesFrom, readHold, type Hold } from "./armGeometry.ts";

/** Sizes of the world model's network. */
export interface WorldModelArchitecture {
  /** Side of the frames, pixels: a multiple of 8. */
  readonly sidePx: number;
  readonly frameCount: number;
  /** Channels at a half, a quarter and an eighth of the frames' side; multiples of 8. */
  readonly widths: readonly [number, number, number];
  /** Attention heads at the coarsest level; 0 leaves attention out. */
  readonly headCount: number;
  /** Without the control branch the network knows nothing of the arm: the backbone alone. */
  readonly hasControl: boolean;
}

export const worldModelArchitecture: WorldModelArchitecture = {
  sidePx: cropSidePx,
  frameCount: dreamFrameCount,
  widths: [40, 64, 96],
  headCount: 4,
  hasControl: true,
};

/** Prefixes of the parameters' names. */
const backboneName = "backbone";
const controlName = "control";

/** For `Graph`: the backbone stays as it was pretrained while the control branch learns. */
export function isBackboneParameter(name: string): boolean {
  return name.startsWith(`${backboneName}.`);
}

/** @returns the backbone's parameter that one of the control branch begins as a copy of. */
export function copiedFrom(name: string): string {
  return name.replace(new RegExp(`^${controlName}`), backboneName);
}

/** The graph's inputs, by the names that a checkpoint file gives them. */
export interface WorldModelInputs {
  /** Ink of the first frame, shape [batch, 3, side, side], 0 to 1. */
  readonly firstFrame: Value;
  /** z_t = (1 − t) · change + t · noise, shape [batch, 3 · frames, side, side]. */
  readonly noisyChange: Value;
  /** Diffusion time t, shape [batch, 1, 1, 1]: 0 (no noise) to 1 (noise only). */
  readonly time: Value;
  /** `armPlanes` over 255, shape [batch, 24, 32, 32]; null for a backbone alone. */
  readonly armPlanes: Value | null;
}

export function worldModelInputs(
  graph: Graph,
  batchSize: number,
  architecture: WorldModelArchitecture,
): WorldModelInputs {
  const { sidePx, frameCount, hasControl } = architecture;
  invariant(sidePx % 8 === 0, `a side of ${sidePx} is a multiple of 8`);
  return {
    firstFrame: graph.input("firstFrame", [batchSize, 3, sidePx, sidePx]),
    noisyChange: graph.input("noisyChange", [batchSize, 3 * frameCount, sidePx, sidePx]),
    time: graph.input("time", [batchSize, 1, 1, 1]),
    armPlanes: hasControl
      ? graph.input("armPlanes", [batchSize, armPlaneCount, armPlaneSidePx, armPlaneSidePx])
      : null,
  };
}

/**
 * The denoiser: what is left of the change once its noise is taken away.
 *
 * A frozen backbone ε_θ(x_t, t, c) that has never seen an arm, plus a control branch Δ_φ(x_t, t, r)
 * that has, added to its answer (DreamPlan Eq. 2–3). The branch begins as a copy of the backbone whose
 * answer goes out through a convolution that begins at zero (ControlNet, Zhang et al. 2023). Unlike
 * ControlNet's it has a decoder of its own: the backbone's has never drawn an object in a place that
 * only the arm can tell.
 *
 * @returns ink of every frame minus ink of the first, shape [batch, 3 · frames, side, side].
 */
export function predictChange(
  graph: Graph,
  inputs: WorldModelInputs,
  architecture: WorldModelArchitecture,
): Value {
  const seen = stackInputs(graph, inputs);
  const outputs = 4 * 3 * architecture.frameCount;
  const body = uNet(graph, backboneName, seen, null, architecture);
  const uncontrolled = convolution(graph, `${backboneName}.answer`, body, {
    outputs,
    kernel: 3,
    isZero: true,
  });
  const guess = depthToSpace(uncontrolled, 2);
  const { armPlanes, firstFrame } = inputs;
  if (armPlanes === null) return guess;
  const hold = readHold(graph, armPlanes);
  const carried = carriedPictures(firstFrame, hold);
  const told = tellOfArm(graph, { ...hold, armPlanes, carried }, architecture);
  const branch = uNet(graph, controlName, seen, told, architecture);
  const pictures = [firstFrame, ...carried];
  return add(guess, controlAnswer(graph, branch, { guess, pictures }, architecture));
}

/** First frame, noisy change, place and time, at half the frames' side. */
function stackInputs(graph: Graph, { firstFrame, noisyChange, time }: WorldModelInputs): Value {
  const [batchSize, , side] = firstFrame.shape as [number, number, number, number];
  const half = side / 2;
  // The less of the change is left under the noise, the less of it is shown.
  const clarity = shift(scale(time, -1), 1.1);
  const shown = scale(multiply(noisyChange, clarity), 1 / noiseDeviation);
  const places = expand(placePlanes(graph, half), [batchSize, 2, half, half]);
  return concat(
    [
      spaceToDepth(firstFrame, 2),
      spaceToDepth(shown, 2),
      places,
      expand(time, [batchSize, 1, half, half]),
    ],
    1,
  );
}

/** What the control branch knows of the arm beside the clip itself. */
interface ArmReading extends Hold {
  readonly armPlanes: Value;
  /** `carriedPictures`. */
  readonly carried: readonly Value[];
}

/** The arm clip, every place as seen from both ends of the hold, and the carried pictures, as features. */
function tellOfArm(
  graph: Graph,
  { armPlanes: planes, grasp, release, carried }: ArmReading,
  { sidePx, widths }: WorldModelArchitecture,
): Value {
  const outputs = widths[0];
  const half = sidePx / 2;
  let clip = planes;
  for (let side = armPlaneSidePx; side > half; side /= 2) clip = averagePool2(clip);
  const told = concat(
    [
      clip,
      ...placesFrom(grasp, half),
      ...placesFrom(release, half),
      ...carried.map((picture) => spaceToDepth(picture, 2)),
    ],
    1,
  );
  const first = silu(convolution(graph, `${controlName}.arm.first`, told, { outputs, kernel: 3 }));
  return convolution(graph, `${controlName}.arm.second`, first, { outputs, kernel: 1, gain: 1 });
}

/**
 * The branch's answer: by pixel and frame how much to add of the backbone's guess (−1 overrules it), of
 * the first frame and of each carried picture, and what to add beside. Texture is copied rather than
 * drawn anew.
 *
 * @returns a change, shape [batch, 3 · frames, side, side]; 0 at the start of training.
 */
function controlAnswer(
  graph: Graph,
  branch: Value,
  { guess, pictures }: { readonly guess: Value; readonly pictures: readonly Value[] },
  { frameCount, sidePx }: WorldModelArchitecture,
): Value {
  const batchSize = branch.shape[0]!;
  const pictureCount = pictures.length;
  const perFrame = pictureCount + 4;
  const answer = convolution(graph, `${controlName}.zeroAnswer`, branch, {
    outputs: 4 * perFrame * frameCount,
    kernel: 1,
    isZero: true,
  });
  const planes = [batchSize, frameCount, perFrame, 1, sidePx, sidePx];
  const byFrame = reshape(depthToSpace(answer, 2), planes);
  const sources = reshape(concat(pictures, 1), [batchSize, 1, pictureCount, 3, sidePx, sidePx]);
  const frames = [batchSize, frameCount, 3, sidePx, sidePx];
  const copied = sum(multiply(slice(byFrame, 2, 0, pictureCount), sources), [2]);
  const share = reshape(slice(byFrame, 2, pictureCount, pictureCount + 1), [batchSize, frameCount, 1, sidePx, sidePx]); // prettier-ignore
  const overruled = multiply(share, reshape(guess, frames));
  const beside = reshape(slice(byFrame, 2, pictureCount + 1, perFrame), frames);
  const change = add(add(reshape(copied, frames), overruled), beside);
  return reshape(change, guess.shape);
}

/** Down to an eighth of the frames' side and back up to a half, with skips that are added. */
function uNet(
  graph: Graph,
  name: string,
  seen: Value,
  told: Value | null,
  { widths, headCount }: WorldModelArchitecture,
): Value {
  const pointwise = (stage: string, x: Value, outputs: number) =>
    convolution(graph, `${name}.${stage}`, x, { outputs, kernel: 1, gain: 1 });
  const block = (stage: string, x: Value) => residualBlock(graph, `${name}.${stage}`, x);
  const [fineWidth, middleWidth, coarseWidth] = widths;

  const entered = pointwise("enter", seen, fineWidth);
  const fine = block("fine.down", told === null ? entered : add(entered, told));
  const middle = block("middle.down", pointwise("toMiddle", averagePool2(fine), middleWidth));
  let coarse = block("coarse.down", pointwise("toCoarse", averagePool2(middle), coarseWidth));
  if (headCount > 0) coarse = attentionBlock(graph, `${name}.coarse.attention`, coarse, headCount);
  coarse = block("coarse.up", coarse);
  const middleUp = add(middle, upsample2(pointwise("fromCoarse", coarse, middleWidth)));
  const middleDone = block("middle.upAgain", block("middle.up", middleUp));
  const fineUp = add(fine, upsample2(pointwise("fromMiddle", middleDone, fineWidth)));
  return silu(block("fine.upAgain", block("fine.up", fineUp)));
}

/** Channels a group of the normalisation holds. */
const channelsPerGroup = 8;

function residualBlock(graph: Graph, name: string, x: Value): Value {
  const outputs = x.shape[1]!;
  const normal = groupNorm(graph, `${name}.norm`, x, Math.ceil(outputs / channelsPerGroup));
  const hidden = convolution(graph, `${name}.first`, silu(normal), { outputs, kernel: 3 });
  const change = convolution(graph, `${name}.second`, silu(hidden), {
    outputs,
    kernel: 3,
    gain: 0.5,
  });
  return add(x, change);
}

/** Every place attends to every other, then a perceptron; both added to what came in. */
function attentionBlock(graph: Graph, name: string, x: Value, headCount: number): Value {
  const [batchSize, width, height, columns] = x.shape as [number, number, number, number];
  const places = height * columns;
  const headWidth = width / headCount;
  invariant(Number.isInteger(headWidth), `${width} channels in ${headCount} heads`);
  const tokens = transpose(reshape(x, [batchSize, width, places]), [0, 2, 1]);
  const norm = layerNorm(graph, `${name}.norm`, tokens);
  const project = (part: string) =>
    transpose(
      reshape(linear(graph, `${name}.${part}`, norm, { outputs: width }), [
        batchSize,
        places,
        headCount,
        headWidth,
      ]),
      [0, 2, 1, 3],
    );
  const product = matmul(project("query"), project("key"), { transposeB: true });
  const weights = softmax(scale(product, 1 / Math.sqrt(headWidth)));
  const mixed = reshape(transpose(matmul(weights, project("value")), [0, 2, 1, 3]), [
    batchSize,
    places,
    width,
  ]);
  const attended = add(tokens, linear(graph, `${name}.mix`, mixed, { outputs: width, gain: 0.5 }));
  const hidden = silu(
    linear(graph, `${name}.expand`, layerNorm(graph, `${name}.perceptronNorm`, attended), {
      outputs: width + width / 2,
      gain: Math.SQRT2,
    }),
  );
  const done = add(attended, linear(graph, `${name}.contract`, hidden, { outputs: width, gain: 0.5 })); // prettier-ignore
  return reshape(transpose(done, [0, 2, 1]), x.shape);
}
