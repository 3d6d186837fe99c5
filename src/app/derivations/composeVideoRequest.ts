import { cropCamera } from "../../core/camera.ts";
import { armClipFrameCount, armClipSidePx, cropWindow, tasks, type Task } from "../../core/cell.ts";
import { digestFields } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { RgbImage, RgbVideo } from "../../core/image.ts";
import { decodeMask } from "../../core/maskRuns.ts";
import { renderArms } from "../../dreaming/armRenderer.ts";
import { videoPrompt, videoPromptVersion } from "../../dreaming/videoPrompts.ts";
import { armRendered } from "../../events/dreaming.ts";
import { cameraCalibrated, cameraFrameCaptured } from "../../events/environment.ts";
import { canonicalJson, type Producer } from "../../events/envelope.ts";
import type { MediaRef } from "../../events/media.ts";
import { cropTaken, maskSegmented } from "../../events/perception.ts";
import { primitiveCompiled } from "../../events/planning.ts";
import { remoteRequestComposed } from "../../events/remote.ts";
import { centreSquare, letterbox } from "../../media/letterbox.ts";
import { createRenderTarget } from "../../media/raster.ts";
import { cropResize } from "../../media/resample.ts";
import { takeCrop } from "../../perception/objectCrop.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import { exactProducer } from "../producers.ts";
import type { VideoSpec } from "../remote/videoSpec.ts";
import type { RenderingTools } from "./renderArm.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

const component = "dreaming.videoRequest";
const version = 1;

/** What of a spec decides the request. */
type VideoRequestConfig = Pick<
  VideoSpec,
  | "kind"
  | "model"
  | "size"
  | "frames"
  | "fps"
  | "controlSize"
  | "controlFrames"
  | "controlType"
  | "steps"
  | "guidance"
> & { readonly task: Task; readonly promptVersion: number };

/** @param spec - what does not decide the request is left out of it. */
export function videoRequestProducer(spec: VideoSpec, task: Task): Producer {
  const {
    kind,
    model,
    size,
    frames,
    fps,
    controlSize,
    controlFrames,
    controlType,
    steps,
    guidance,
  } = spec;
  const config: VideoRequestConfig = {
    ...{ kind, model, size, frames, fps, controlSize, controlFrames, controlType, steps, guidance },
    ...{ task, promptVersion: videoPromptVersion },
  };
  return exactProducer(component, version, { ...config });
}

/**
 * What a video model is asked to dream. Causes: the observation's crop, the arms' clip, the primitive,
 * the camera and, where a camera saw the object, the frame and its mask: the model then gets the object
 * as large as it was seen. The seed is the name of the noise.
 */
export const composeVideoRequest = stepwiseRule<RenderingTools, typeof remoteRequestComposed>({
  definition: remoteRequestComposed,
  component,
  producerNow: (recorded) => sameConfiguration(recorded, { version, fingerprint: null }),
  async computeOne(step, tools) {
    const config = step.producer.config as unknown as VideoRequestConfig;
    const { size, controlSize: _controlSize, promptVersion, task, ...rest } = config;
    const body = canonicalJson({
      ...rest,
      width: size.widthPx,
      height: size.heightPx,
      prompt: promptOf(task, promptVersion),
      seed: Number.parseInt(digestFields(["video seed", step.seed]).slice(0, 8), 16) >>> 1,
      firstFrame: "picture:0",
      armClip: "picture:1",
    });
    const firstFrame = await tools.media.storeImage(
      await firstFrameOf(step, tools, size),
      "image/png",
    );
    return { body, pictures: [firstFrame, await armClipOf(step, tools, config)] };
  },
});

/** @throws {DreamlogError} `EVENT_INVALID` for a task or a wording that this program does not have. */
function promptOf(task: Task, promptVersion: number): string {
  if (promptVersion === videoPromptVersion && tasks.includes(task)) return videoPrompt(task);
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected version ${videoPromptVersion} of the prompt about a ${tasks.join(", ")}, found version ${promptVersion} about a ${task}`,
    { task, promptVersion },
  );
}

async function firstFrameOf(
  step: DerivationStep,
  { media }: RenderingTools,
  size: VideoSpec["size"],
): Promise<RgbImage> {
  const { width: sidePx } = centreSquare(size);
  if (step.causes.length > 4) {
    const image = await media.loadImage(causeAt(step, 4, cameraFrameCaptured).payload.image);
    const object = decodeMask(causeAt(step, 5, maskSegmented).payload.mask);
    const window = cropWindow(causeAt(step, 3, cameraCalibrated).payload);
    return letterbox(takeCrop(image, object, window, sidePx), size, 255);
  }
  const crop = await media.loadImage(causeAt(step, 0, cropTaken).payload.image);
  const whole = { x: 0, y: 0, width: crop.widthPx, height: crop.heightPx };
  return letterbox(cropResize(crop, whole, sidePx), size, 255);
}

/** The clip of the log where it is of the wanted size; else the arms drawn anew, evenly through time. */
async function armClipOf(
  step: DerivationStep,
  { media, kinematics }: RenderingTools,
  { controlSize, controlFrames, fps }: VideoRequestConfig,
): Promise<MediaRef> {
  const { widthPx, heightPx } = controlSize;
  const isLogged =
    widthPx === armClipSidePx && heightPx === armClipSidePx && controlFrames === armClipFrameCount;
  if (isLogged) return causeAt(step, 1, armRendered).payload.video;
  const trajectory = causeAt(step, 2, primitiveCompiled).payload;
  const camera = causeAt(step, 3, cameraCalibrated).payload;
  const { width: sidePx } = centreSquare(controlSize);
  const view = cropCamera(camera, cropWindow(camera), sidePx);
  const target = createRenderTarget(sidePx, sidePx);
  const arms = await kinematics();
  const frames = Array.from({ length: controlFrames }, (_, frame) => {
    const at = Math.round((frame / (controlFrames - 1)) * (trajectory.stepCount - 1));
    renderArms(target, arms, trajectory, at, view);
    const square = { widthPx: sidePx, heightPx: sidePx, pixels: target.rgb.slice() };
    return letterbox(square, controlSize, 0).pixels;
  });
  const clip: RgbVideo = { widthPx, heightPx, fps, frames };
  return (await media.storeVideos([clip]))[0]!;
}
