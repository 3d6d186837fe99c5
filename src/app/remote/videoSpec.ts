import { invalidSpec } from "../specText.ts";
import {
  readServiceSpec,
  serviceOptions,
  serviceSpecOf,
  type ServiceOptionsReader,
  type ServiceSpec,
} from "./serviceSpec.ts";

export interface FrameSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** How a clip of the arms travels: two video files, or its frames one above the other in a picture. */
export const clipEncodings = ["mp4", "mkv", "png"] as const;
export type ClipEncoding = (typeof clipEncodings)[number];

/** How each API is named. */
export const videoUsages = {
  videos: "videos:http://HOST/v1?model=NAME[&option=value…]",
  "dream-http": "dream-http:http://HOST/PATH[?option=value…]",
} as const;
export type VideoApi = keyof typeof videoUsages;

/** A video model behind a service, named so that it can stand in a session's settings. */
export interface VideoSpec extends ServiceSpec {
  /** `videos`: the OpenAI-compatible `/v1/videos`; `dream-http`: the contract of `docs/remote-models.md`. */
  readonly kind: VideoApi;
  readonly model: string;
  /** Whether the answer is the video, or a job that is asked for until it is done. */
  readonly form: "job" | "sync";
  readonly size: FrameSize;
  /** Frames of the video, the first included. */
  readonly frames: number;
  readonly fps: number;
  /** Of the arms' clip. */
  readonly controlSize: FrameSize;
  readonly controlFrames: number;
  readonly control: ClipEncoding;
  /** Where the server has several kinds of control. */
  readonly controlType: string | null;
  /** The server's own where null. */
  readonly steps: number | null;
  readonly guidance: number | null;
  /** Whether the object is cut out of the frames, or they show nothing else by themselves. */
  readonly object: "segment" | "asIs";
  readonly pollMs: number;
  /** All the time a job may take. */
  readonly jobTimeoutMs: number;
}

const sidePxMax = 4096;

/** Options after the `?`, with the values they take, for help texts. */
export const videoOptions = {
  model: "name",
  form: "job|sync",
  size: "WIDTHxHEIGHT",
  frames: "4 to 1024",
  fps: "1 to 60",
  control: clipEncodings.join("|"),
  controlSize: "WIDTHxHEIGHT",
  controlFrames: "2 to 1024",
  controlType: "name",
  steps: "1 to 1000",
  guidance: "0 to 100",
  object: "segment|asIs",
  pollMs: "10 to 600000",
  jobTimeoutMs: "1000 to 86400000",
  ...serviceOptions,
} as const;

/**
 * Parses `videos:http://host:8000/v1?model=cosmos` and `dream-http:http://host:9000/dream`. Sizes are
 * those of CogVideoX-5B where the spec does not say: 720 × 480, 49 frames at 8 a second.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID`; no message repeats credentials in the URL.
 */
export function parseVideoSpec(text: string): VideoSpec {
  const kind = text.startsWith("videos:") ? "videos" : "dream-http";
  const options = readServiceSpec("world model", text, videoOptions);
  const model = options.text("model") ?? "";
  if (kind === "videos" && model === "") {
    throw invalidSpec("world model", "videos:…", videoUsages.videos, "no model");
  }
  const size = sizeOf(options, kind, "size") ?? { widthPx: 720, heightPx: 480 };
  const frames = options.count("frames", 4, 1024) ?? 49;
  const isOpenAi = kind === "videos";
  return {
    kind,
    // A sync answer comes when the video is done, which takes minutes.
    ...serviceSpecOf(options, {
      timeoutMs: 900_000,
      key: isOpenAi ? "OPENAI_API_KEY" : "DREAM_API_KEY",
    }),
    model,
    form: options.oneOf("form", ["job", "sync"]) ?? (isOpenAi ? "job" : "sync"),
    size,
    frames,
    fps: options.count("fps", 1, 60) ?? 8,
    controlSize: sizeOf(options, kind, "controlSize") ?? size,
    controlFrames: options.count("controlFrames", 2, 1024) ?? frames,
    control: options.oneOf("control", clipEncodings) ?? (isOpenAi ? "mp4" : "png"),
    controlType: options.text("controlType") ?? null,
    steps: options.count("steps", 1, 1000) ?? null,
    guidance: options.number("guidance", 0, 100) ?? null,
    object: options.oneOf("object", ["segment", "asIs"]) ?? "segment",
    pollMs: options.count("pollMs", 10, 600_000) ?? 2000,
    jobTimeoutMs: options.count("jobTimeoutMs", 1000, 86_400_000) ?? 3_600_000,
  };
}

function sizeOf(
  options: ServiceOptionsReader,
  kind: string,
  option: string,
): FrameSize | undefined {
  const text = options.text(option);
  if (text === undefined) return undefined;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  const [widthPx, heightPx] = [Number(width), Number(height)];
  const isFit = Math.min(widthPx, heightPx) >= 16 && Math.max(widthPx, heightPx) <= sidePxMax;
  if (isFit) return { widthPx, heightPx };
  const expected = `${option} as WIDTHxHEIGHT, 16 to ${sidePxMax} pixels a side`;
  throw invalidSpec("world model", `${kind}:…`, expected, `"${text}"`);
}
