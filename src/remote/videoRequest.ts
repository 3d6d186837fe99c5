import * as v from "valibot";
import { canonicalJson } from "../events/envelope.ts";
import { multipartBody, type FormPart } from "./multipart.ts";
import type { ServiceBody } from "./serviceClient.ts";

/** A file of a request or an answer. */
export interface SentFile {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What a video model is asked, as `remote.requestComposed` holds it. */
const composedSchema = v.object({
  kind: v.picklist(["videos", "dream-http"]),
  model: v.string(),
  prompt: v.string(),
  seed: v.number(),
  width: v.number(),
  height: v.number(),
  frames: v.number(),
  fps: v.number(),
  controlFrames: v.number(),
  controlType: v.nullable(v.string()),
  steps: v.nullable(v.number()),
  guidance: v.nullable(v.number()),
});
type ComposedVideo = v.InferOutput<typeof composedSchema>;

/**
 * The body that is sent; equal requests and files give equal bytes.
 *
 * @param composed - canonical JSON.
 * @param files - the first frame and the arms' clip.
 */
export function videoRequestBody(composed: string, files: readonly SentFile[]): ServiceBody {
  const asked = v.parse(composedSchema, JSON.parse(composed));
  const [firstFrame, armClip] = files as readonly [SentFile, SentFile];
  return asked.kind === "videos"
    ? multipartBody(videosForm(asked, firstFrame, armClip))
    : dreamHttpBody(asked, firstFrame, armClip);
}

/** The names that vLLM-Omni, SGLang and OpenAI share come first; a server passes over what it lacks. */
function videosForm(asked: ComposedVideo, firstFrame: SentFile, armClip: SentFile): FormPart[] {
  const { model, prompt, seed, width, height, frames, fps, controlType, steps, guidance } = asked;
  const texts: Readonly<Record<string, string | number | null>> = {
    model,
    prompt,
    size: `${width}x${height}`,
    seconds: Math.max(1, Math.round(frames / fps)),
    seed,
    width,
    height,
    num_frames: frames,
    fps,
    num_inference_steps: steps,
    guidance_scale: guidance,
    control_type: controlType,
  };
  return [
    ...Object.entries(texts).flatMap(([name, value]) =>
      value === null ? [] : [{ name, text: String(value) }],
    ),
    { name: "input_reference", fileName: fileName("first", firstFrame), ...firstFrame },
    { name: "control_reference", fileName: fileName("arms", armClip), ...armClip },
  ];
}

const extensions: Readonly<Record<string, string>> = {
  "image/png": "png",
  "video/mp4": "mp4",
  "video/x-matroska": "mkv",
};

function fileName(name: string, { mediaType }: SentFile): string {
  return `${name}.${extensions[mediaType] ?? "bin"}`;
}

/** Version 1 of the contract in `docs/remote-models.md`. */
function dreamHttpBody(asked: ComposedVideo, firstFrame: SentFile, armClip: SentFile): ServiceBody {
  const { model, prompt, seed, width, height, frames, fps, controlFrames, steps, guidance } = asked;
  const body = canonicalJson({
    ...{ version: 1, model, prompt, seed, width, height, frames, fps, steps, guidance },
    firstFrame: dataUri(firstFrame),
    armClip: dataUri(armClip),
    armClipFrames: controlFrames,
  });
  return { contentType: "application/json", bytes: Buffer.from(body) };
}

function dataUri({ mediaType, bytes }: SentFile): string {
  return `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
}
