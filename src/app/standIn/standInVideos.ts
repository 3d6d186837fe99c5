import * as v from "valibot";
import { armClipFrameCount, armClipSidePx, cropSidePx } from "../../core/cell.ts";
import { isDigest } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import { createRgbImage, type RgbImage, type RgbVideo } from "../../core/image.ts";
import { decodeVideoFile } from "../../media/decodeVideoFile.ts";
import { stackFrames } from "../../media/frameStack.ts";
import { decodeImage, encodePng } from "../../media/imageFormat.ts";
import { centreSquare, letterbox } from "../../media/letterbox.ts";
import { cropResize } from "../../media/resample.ts";
import { encodeMp4, encodeVideos } from "../../media/video.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { WorldModel } from "../../ports/worldModel.ts";
import type { SentFile } from "../../remote/videoRequest.ts";
import { dreamedMoments, unstacked } from "../remote/dreamFrames.ts";
import type { ClipEncoding } from "../remote/videoSpec.ts";
import { readMultipart, type FormParts } from "./readMultipart.ts";

/** What a video model is asked, whichever API it was asked by. */
export interface VideoQuestion {
  readonly seed: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameCount: number;
  readonly fps: number;
  readonly firstFrame: SentFile;
  readonly armClip: SentFile;
  /** Of a clip that is a picture of its frames. */
  readonly armClipFrames: number;
}

const whole = v.pipe(v.unknown(), v.transform(Number), v.integer(), v.minValue(0));
const askedSchema = {
  seed: whole,
  width: whole,
  height: whole,
  fps: whole,
};
const formSchema = v.object({
  ...askedSchema,
  model: v.string(),
  prompt: v.string(),
  num_frames: whole,
});
const jsonSchema = v.object({
  ...askedSchema,
  version: v.literal(1),
  frames: whole,
  prompt: v.string(),
  firstFrame: v.string(),
  armClip: v.string(),
  armClipFrames: whole,
});

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a form that is no request of `/v1/videos`. */
export function readVideosForm(bytes: Uint8Array, contentType: string): VideoQuestion {
  const form = readMultipart(bytes, contentType);
  const texts = [...form]
    .filter(([, { mediaType }]) => mediaType === "text/plain")
    .map(([name, part]) => [name, Buffer.from(part.bytes).toString("utf8")]);
  const { num_frames: frameCount, ...asked } = parsed(formSchema, Object.fromEntries(texts));
  return {
    ...questionOf(asked, frameCount),
    firstFrame: fileOf(form, "input_reference"),
    armClip: fileOf(form, "control_reference"),
    armClipFrames: frameCount,
  };
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a body that is no request of version 1. */
export function readDreamRequest(bytes: Uint8Array): VideoQuestion {
  const asked = parsed(jsonSchema, JSON.parse(Buffer.from(bytes).toString("utf8")));
  return {
    ...questionOf(asked, asked.frames),
    firstFrame: dataOf(asked.firstFrame),
    armClip: dataOf(asked.armClip),
    armClipFrames: asked.armClipFrames,
  };
}

/**
 * Dreams with the embedded world model.
 *
 * @param noise - names the noise.
 * @param encoding - of the answer; all but `mp4` are without loss.
 */
export async function answerVideo(
  model: WorldModel,
  question: VideoQuestion,
  noise: string,
  encoding: ClipEncoding,
): Promise<SentFile> {
  const firstFrame = square(await decodeImage(question.firstFrame.bytes), cropSidePx);
  const armClip = await armClipOf(question);
  const [dream] = await model.dream([{ firstFrame, armClip, seed: noise }]);
  return encode(stretched(firstFrame, dream!, question), encoding);
}

/** What the log names the noise of a request; the seed's digits for a request that is not in it. */
export async function noiseOf(
  log: EventLog,
  idempotencyKey: string,
  seed: number,
): Promise<string> {
  const [key] = idempotencyKey.split("-");
  const request = isDigest(key) ? await log.findByKey(key) : undefined;
  return request?.seed ?? String(seed);
}

async function armClipOf({ armClip, armClipFrames }: VideoQuestion): Promise<RgbVideo> {
  const frames = armClip.mediaType.startsWith("image/")
    ? await unstacked(armClip.bytes, armClipFrames)
    : await decodeVideoFile(armClip.bytes);
  const shown = Array.from({ length: armClipFrameCount }, (_, at) => {
    const frame = Math.round((at / (armClipFrameCount - 1)) * (frames.length - 1));
    return square(frames[frame]!, armClipSidePx).pixels;
  });
  return { widthPx: armClipSidePx, heightPx: armClipSidePx, fps: 2, frames: shown };
}

function square(image: RgbImage, sidePx: number): RgbImage {
  return cropResize(image, centreSquare(image), sidePx);
}

/** As many frames as asked for: those of the dream at their moments, each until the next. */
function stretched(
  firstFrame: RgbImage,
  dream: RgbVideo,
  { frameCount, widthPx, heightPx, fps }: VideoQuestion,
): RgbVideo {
  const size = { widthPx, heightPx };
  const shown = [firstFrame.pixels, ...dream.frames].map((pixels) => {
    const frame = createRgbImage(dream.widthPx, dream.heightPx, pixels);
    return letterbox(square(frame, centreSquare(size).width), size, 255).pixels;
  });
  const begins = dreamedMoments.map((moment) => Math.round(moment * (frameCount - 1)));
  const frames =
    frameCount === dream.frames.length
      ? shown.slice(1)
      : Array.from(
          { length: frameCount },
          (_, at) => shown[begins.filter((begin) => begin <= at).length]!,
        );
  return { ...size, fps, frames };
}

async function encode(clip: RgbVideo, encoding: ClipEncoding): Promise<SentFile> {
  switch (encoding) {
    case "mp4":
      return { mediaType: "video/mp4", bytes: await encodeMp4(clip) };
    case "mkv":
      return { mediaType: "video/x-matroska", bytes: (await encodeVideos([clip]))[0]! };
    case "png":
      return { mediaType: "image/png", bytes: await encodePng(stackFrames(clip)) };
  }
}

function questionOf(
  { seed, width, height, fps }: { seed: number; width: number; height: number; fps: number },
  frameCount: number,
) {
  return { seed, widthPx: width, heightPx: height, fps, frameCount };
}

function parsed<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw notUnderstood(`${v.getDotPath(result.issues[0]) ?? "body"}: ${result.issues[0].message}`);
}

function fileOf(form: FormParts, name: string): SentFile {
  const file = form.get(name);
  if (file === undefined) throw notUnderstood(`a form without ${name}`);
  return file;
}

function dataOf(uri: string): SentFile {
  const [, mediaType, base64] = /^data:([^;]+);base64,(.*)$/s.exec(uri) ?? [];
  if (mediaType === undefined || base64 === undefined) throw notUnderstood("no data URI");
  return { mediaType, bytes: Buffer.from(base64, "base64") };
}

function notUnderstood(found: string): DreamlogError {
  return new DreamlogError("ARGUMENT_INVALID", `expected a request for a video, found ${found}`, {
    found,
  });
}
