import { jointNames } from "../robotEpisode.ts";

/** LeRobot's limits on how much goes into one folder. */
export const filesPerChunk = 1000;

export interface VideoEncoding {
  /** Such as `h264`, and the pixel format its frames are stored in. */
  readonly codec: string;
  readonly pixelFormat: string;
}

export interface LerobotCamera {
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** One feature of `meta/info.json`. */
export interface LerobotFeature {
  readonly dtype: "float32" | "int64" | "bool" | "video";
  readonly shape: readonly number[];
  readonly names: readonly string[] | null;
  readonly info?: Readonly<Record<string, string | number | boolean>>;
}

export const dataPathTemplate = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";
export const videoPathTemplate =
  "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4";
export const tasksPath = "meta/tasks.parquet";
export const statsPath = "meta/stats.json";
export const infoPath = "meta/info.json";
export const episodesPathTemplate =
  "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";

/** Feature name of a camera. */
export function videoKey(camera: string): string {
  return `observation.images.${camera}`;
}

/** Place of the n-th file of a kind. */
export function chunkOf(fileNumber: number): { readonly chunk: number; readonly file: number } {
  return { chunk: Math.floor(fileNumber / filesPerChunk), file: fileNumber % filesPerChunk };
}

/** Fills a path template as Python's `str.format` would, for the fields that data sets use. */
export function fillTemplate(
  template: string,
  fields: Readonly<Record<string, string | number>>,
): string {
  return template.replace(
    /\{(\w+)(?::0(\d+)d)?\}/g,
    (whole, name: string, digits: string | undefined) => {
      const value = fields[name];
      return value === undefined ? whole : String(value).padStart(Number(digits ?? 0), "0");
    },
  );
}

const scalar = (dtype: LerobotFeature["dtype"]): LerobotFeature => ({
  dtype,
  shape: [1],
  names: null,
});

/** Every feature of the data set, in LeRobot's order: pictures and vectors, outcome, then indices. */
export function featuresOf(
  cameras: readonly LerobotCamera[],
  rateHz: number,
  { codec, pixelFormat }: VideoEncoding,
): Readonly<Record<string, LerobotFeature>> {
  const joints = { dtype: "float32", shape: [jointNames.length], names: jointNames } as const;
  const videos = cameras.map(({ name, widthPx, heightPx }): [string, LerobotFeature] => [
    videoKey(name),
    {
      dtype: "video",
      shape: [heightPx, widthPx, 3],
      names: ["height", "width", "channels"],
      info: {
        "video.height": heightPx,
        "video.width": widthPx,
        "video.codec": codec,
        "video.pix_fmt": pixelFormat,
        "video.is_depth_map": false,
        "video.fps": rateHz,
        "video.channels": 3,
        has_audio: false,
      },
    },
  ]);
  return {
    "observation.state": joints,
    action: joints,
    ...Object.fromEntries(videos),
    "next.reward": scalar("float32"),
    "next.done": scalar("bool"),
    "next.success": scalar("bool"),
    timestamp: scalar("float32"),
    frame_index: scalar("int64"),
    episode_index: scalar("int64"),
    index: scalar("int64"),
    task_index: scalar("int64"),
  };
}
