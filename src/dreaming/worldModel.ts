import { digestBytes } from "../core/digest.ts";
import { armPlanes, drawNoise, framesOfInk, inkPlanes, noiseDeviation } from "../core/dreamTensors.ts"; // prettier-ignore
import { DreamlogError } from "../core/errors.ts";
import type { RgbImage, RgbVideo } from "../core/image.ts";
import { createRandom } from "../core/random.ts";
import { invalidCheckpoint, readCheckpoint } from "../inference/checkpointFile.ts";
import { numericFingerprint } from "../inference/numericFingerprint.ts";
import { loadOnnxSession, type OnnxSession } from "../inference/onnxSession.ts";
import type { DreamRequest, WorldModel } from "../ports/worldModel.ts";
import { samplingTimes, stepTowardsData } from "./denoise.ts";

const samplingStepsMax = 10;
/** One thread: dreams are many, and cores are better spent on different ones. */
const threads = 1;
/** Played at this rate a dream lasts about as long as the motion. */
const dreamFps = 1;
const origin = "the world model's checkpoint";

/** What a world model's checkpoint says of itself. */
interface WorldModelSettings {
  readonly sidePx: number;
  readonly frameCount: number;
  readonly hasControl: boolean;
  /** Arithmetic of one pass of the network. */
  readonly gflopPerPass: number;
}

/**
 * Loads the embedded world model: an image-to-video denoiser that is asked `samplingSteps` times for
 * the change from the first frame, starting from noise that the request's seed names.
 *
 * @param options.checkpoint - an ONNX file that `learning/worldModelCheckpoint.ts` describes.
 * @param options.samplingSteps - 1 to 10.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the file is truncated, damaged or no world model;
 *   `ARGUMENT_INVALID` for another number of steps. `dream` rejects with `IMAGE_INVALID` or
 *   `VIDEO_INVALID` for pictures of another size.
 */
export async function loadWorldModel(options: {
  readonly checkpoint: Uint8Array;
  readonly samplingSteps: number;
}): Promise<WorldModel> {
  const { checkpoint, samplingSteps } = options;
  if (!Number.isInteger(samplingSteps) || samplingSteps < 1 || samplingSteps > samplingStepsMax) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected 1 to ${samplingStepsMax} sampling steps, found ${samplingSteps}`,
      { samplingSteps },
    );
  }
  const settings = readSettings(checkpoint);
  const { sidePx, frameCount, gflopPerPass } = settings;
  const session = await loadOnnxSession({ bytes: checkpoint, origin, threads });
  return {
    producer: {
      component: "dreaming.worldModel",
      version: 1,
      config: { samplingSteps },
      model: digestBytes(checkpoint),
      fingerprint: numericFingerprint(threads),
    },
    sidePx,
    frameCount,
    samplingSteps,
    gflopPerDream: gflopPerPass * samplingSteps,
    async dream(requests) {
      const dreams: RgbVideo[] = [];
      for (const request of requests) {
        dreams.push(await dreamOne(session, settings, request, samplingSteps));
      }
      return dreams;
    },
    close: () => session.release(),
  };
}

function readSettings(checkpoint: Uint8Array): WorldModelSettings {
  const { settings } = readCheckpoint(checkpoint, origin);
  const parsed = JSON.parse(settings) as {
    readonly architecture?: Omit<WorldModelSettings, "gflopPerPass">;
    readonly gflopPerPass?: number;
  };
  const { architecture, gflopPerPass } = parsed;
  if (architecture?.sidePx === undefined || gflopPerPass === undefined) {
    throw invalidCheckpoint(origin, `expected the settings of a world model, found ${settings}`);
  }
  return { ...architecture, gflopPerPass };
}

async function dreamOne(
  session: OnnxSession,
  { sidePx, frameCount, hasControl }: WorldModelSettings,
  request: DreamRequest,
  samplingSteps: number,
): Promise<RgbVideo> {
  checkFirstFrame(request.firstFrame, sidePx);
  const firstFrame = inkPlanes([request.firstFrame.pixels], sidePx);
  const arm = hasControl ? { armPlanes: shares(armPlanes(request.armClip)) } : {};
  const random = createRandom(request.seed);
  let change = drawNoise(random, 3 * frameCount * sidePx * sidePx);
  for (let at = 0; at < change.length; at++) change[at]! *= noiseDeviation;
  const times = samplingTimes(samplingSteps);
  for (const [step, time] of times.entries()) {
    const feeds = { firstFrame, noisyChange: change, time: Float32Array.of(time), ...arm };
    const guess = (await session.run(feeds))["change"] as Float32Array;
    change = stepTowardsData(change, guess, time, times[step + 1] ?? 0);
  }
  addToEveryFrame(change, firstFrame);
  return {
    widthPx: sidePx,
    heightPx: sidePx,
    fps: dreamFps,
    frames: framesOfInk(change, sidePx),
  };
}

/** Of 255. */
function shares(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) values[at] = bytes[at]! / 255;
  return values;
}

/** @param change - shape [frames, 3, side, side]; becomes the frames themselves. */
function addToEveryFrame(change: Float32Array, firstFrame: Float32Array): void {
  for (let start = 0; start < change.length; start += firstFrame.length) {
    for (let at = 0; at < firstFrame.length; at++) change[start + at]! += firstFrame[at]!;
  }
}

function checkFirstFrame({ widthPx, heightPx }: RgbImage, sidePx: number): void {
  if (widthPx === sidePx && heightPx === sidePx) return;
  throw new DreamlogError(
    "IMAGE_INVALID",
    `expected a first frame of ${sidePx}×${sidePx}, found ${widthPx}×${heightPx}; crop the observation to the world model's side`,
    { sidePx, widthPx, heightPx },
  );
}
