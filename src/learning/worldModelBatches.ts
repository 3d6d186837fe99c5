import { armPlaneSidePx, drawNoise, inkPlanes, noiseDeviation } from "../core/dreamTensors.ts";
import type { RgbImage } from "../core/image.ts";
import { shuffled, type Random } from "../core/random.ts";
import type { NamedTensors } from "../inference/onnxSession.ts";
import { neighbourhoodWeights } from "./lossWeights.ts";
import type { WorldModelArchitecture } from "./worldModelGraph.ts";

/** One trajectory as the world model learns from it. */
export interface TrainingClip {
  /** Crop of the observation. */
  readonly firstFrame: RgbImage;
  /** `armPlanes` of the rendered arm clip. */
  readonly armPlanes: Uint8Array;
  /** Crops to predict, oldest first; the last shows the object at rest. */
  readonly targets: readonly RgbImage[];
}

/** Names of the training graph's inputs beyond those of the network. */
export const targetChangeName = "targetChange";
export const lossWeightsName = "lossWeights";

/** Share of the samples that see noise only: a dream of one sampling step begins and ends there. */
const pureNoiseShare = 0.7;

/**
 * Noise is drawn once, as much as so many samples need, and each sample gets a random cut of it:
 * drawing it anew would take a third as long as the step itself.
 */
const noisePoolFactor = 16;

/** What is done to a clip before the network sees it. */
interface Disturbance {
  readonly mirror: Mirror;
  /** Diffusion time t. */
  readonly time: number;
  /** Of variance 1, shaped as the change. */
  readonly noise: Float32Array;
}

interface Mirror {
  readonly x: boolean;
  readonly y: boolean;
}

/**
 * Batches without end: every clip once in random order, then again in another order. Each time a clip
 * is turned over along either side or not, which table, arms and physics do not mind, and gets other
 * noise.
 */
export function createBatchSource(
  clips: readonly TrainingClip[],
  options: {
    readonly architecture: WorldModelArchitecture;
    readonly batchSize: number;
    readonly random: Random;
  },
): () => NamedTensors {
  const { architecture, batchSize, random } = options;
  let queue: TrainingClip[] = [];
  const length = changeLength(architecture);
  const pool = drawNoise(random, noisePoolFactor * length);
  const cutNoise = () => {
    const start = random.index(pool.length - length + 1);
    return pool.subarray(start, start + length);
  };
  const drawSample = () => {
    if (queue.length === 0) queue = shuffled(clips, random);
    return sampleOf(queue.pop()!, architecture, {
      mirror: { x: random.index(2) === 1, y: random.index(2) === 1 },
      time: random.uniform() < pureNoiseShare ? 1 : random.uniform(),
      noise: cutNoise(),
    });
  };
  return () => joined(Array.from({ length: batchSize }, drawSample));
}

/** Numbers in the change of one clip. */
export function changeLength({ sidePx, frameCount }: WorldModelArchitecture): number {
  return 3 * frameCount * sidePx * sidePx;
}

/** Feeds of one clip that is to be dreamed from noise in one step, as it is. */
export function dreamSampleOf(
  clip: TrainingClip,
  architecture: WorldModelArchitecture,
  random: Random,
): Readonly<Record<string, Float32Array>> {
  const noise = drawNoise(random, changeLength(architecture));
  return sampleOf(clip, architecture, { mirror: { x: false, y: false }, time: 1, noise });
}

function sampleOf(
  clip: TrainingClip,
  { sidePx, hasControl }: WorldModelArchitecture,
  { mirror, time, noise }: Disturbance,
): Readonly<Record<string, Float32Array>> {
  const framesOf = (images: readonly RgbImage[]) =>
    mirrored(inkPlanes(images.map(({ pixels }) => pixels), sidePx), sidePx, mirror); // prettier-ignore
  const firstFrame = framesOf([clip.firstFrame]);
  const targets = framesOf(clip.targets);
  const targetChange = targets.map((ink, at) => ink - firstFrame[at % firstFrame.length]!);
  const noisyChange = targetChange.map(
    (change, at) => (1 - time) * change + time * noiseDeviation * noise[at]!,
  );
  return {
    firstFrame,
    noisyChange,
    time: Float32Array.of(time),
    ...(hasControl ? { armPlanes: armFeed(clip.armPlanes, mirror) } : {}),
    [targetChangeName]: targetChange,
    [lossWeightsName]: neighbourhoodWeights(firstFrame, targets, sidePx),
  };
}

/** @returns shape [24, 32, 32], 0 to 1. */
function armFeed(planes: Uint8Array, mirror: Mirror): Float32Array {
  const scaled = Float32Array.from(planes, (value) => value / 255);
  return mirrored(scaled, armPlaneSidePx, mirror);
}

/** Turns planes of `sidePx` squared over, as many as there are. */
function mirrored(planes: Float32Array, sidePx: number, { x, y }: Mirror): Float32Array {
  if (!x && !y) return planes;
  const result = new Float32Array(planes.length);
  for (let row = 0; row < planes.length / sidePx; row++) {
    const inPlane = row % sidePx;
    const source = planes.subarray(row * sidePx, (row + 1) * sidePx);
    const start = (y ? row + sidePx - 1 - 2 * inPlane : row) * sidePx;
    result.set(x ? source.slice().reverse() : source, start);
  }
  return result;
}

/** Samples one after another, input by input. */
function joined(samples: readonly Readonly<Record<string, Float32Array>>[]): NamedTensors {
  return Object.fromEntries(
    Object.entries(samples[0]!).map(([name, { length }]) => {
      const all = new Float32Array(length * samples.length);
      samples.forEach((sample, at) => {
        all.set(sample[name]!, at * length);
      });
      return [name, all];
    }),
  );
}
