import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { exportLerobot } from "../../../src/app/exports/exportLerobot.ts";
import { readEpisodes } from "../../../src/app/exports/readEpisodes.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { digestBytes } from "../../../src/core/digest.ts";
import { isDreamlogError } from "../../../src/core/errors.ts";
import { splitJpegs } from "../../../src/exchange/lerobot/jpegStream.ts";
import type { EpisodeCamera } from "../../../src/exchange/robotEpisode.ts";
import { runFfmpeg } from "../../../src/media/runFfmpeg.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { rateHz, recordSession } from "../../exchange/recordedSession.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";

async function threeSessions() {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  await recordSession(open, { session: "collect/rope/0", stepCount: 12, score: 1 });
  await recordSession(open, { session: "collect/rope/1", stepCount: 9 });
  await recordSession(open, { session: "collect/toy/0", stepCount: 15, task: "toy", score: 0 });
  return {
    log: open.log,
    blobs: open.blobs,
    prefix: "collect/",
    uptoPosition: await open.log.lastPosition(),
    to: temporaryPath("lerobot"),
    progress: silentProgress,
    signal: new AbortController().signal,
  };
}

const rowCounts = [13, 10, 16];
type Row = Record<string, unknown>;

/** By another library than the one that wrote it. */
async function rowsOf(root: string, name: string): Promise<Row[]> {
  const bytes = readFileSync(join(root, name));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return (await parquetReadObjects({ file })) as Row[];
}

function jsonOf(root: string, name: string): Row {
  return JSON.parse(readFileSync(join(root, name), "utf8")) as Row;
}

function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** What ffmpeg says of the video in a file. */
async function streamOf(path: string): Promise<string> {
  try {
    // Without an output it tells about its input, and then complains.
    await runFfmpeg({ parameters: ["-v", "info", "-hide_banner", "-i", path], input: [] });
  } catch (error) {
    if (isDreamlogError(error, "FFMPEG_FAILED")) return String(error.context["complaint"]);
    throw error;
  }
  return expect.unreachable();
}

async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function storedFilesOf({ encoded }: EpisodeCamera) {
  return encoded.kind === "files" ? encoded.files() : expect.unreachable();
}

const dataFile = "data/chunk-000/file-000.parquet";
const episodesFile = "meta/episodes/chunk-000/file-000.parquet";

describe("a LeRobot export", () => {
  it("has the files of version 3.0 and says so", async () => {
    const request = await threeSessions();
    await exportLerobot(request, "h264");
    expect(filesOf(request.to)).toEqual([
      dataFile,
      "dreamlog.json",
      episodesFile,
      "meta/info.json",
      "meta/stats.json",
      "meta/tasks.parquet",
      "origins.jsonl",
      "row-times.parquet",
      ...[0, 1, 2].map((at) => `videos/observation.images.top/chunk-000/file-00${at}.mp4`),
    ]);
    const info = jsonOf(request.to, "meta/info.json");
    expect(info).toMatchObject({
      codebase_version: "v3.0",
      fps: rateHz,
      total_episodes: 3,
      total_frames: 39,
      total_tasks: 2,
      splits: { train: "0:3" },
      chunks_size: 1000,
    });
    const features = info["features"] as Record<string, { dtype: string; shape: number[] }>;
    expect(features["observation.images.top"]).toMatchObject({
      dtype: "video",
      shape: [36, 64, 3],
    });
    expect(features["observation.state"]).toMatchObject({ dtype: "float32", shape: [16] });
  });

  it("holds what the log holds, row by row", async () => {
    const request = await threeSessions();
    await exportLerobot(request, "h264");
    const rows = await rowsOf(request.to, dataFile);
    const { episodes } = await readEpisodes(request);
    expect(rows.map((row) => row["index"])).toEqual(rows.map((_, at) => BigInt(at)));
    let at = 0;
    episodes.forEach((episode, episodeIndex) => {
      for (let frame = 0; frame < episode.rowCount; frame++, at++) {
        const isLast = frame === episode.rowCount - 1;
        expect(rows[at]).toMatchObject({
          episode_index: BigInt(episodeIndex),
          frame_index: BigInt(frame),
          timestamp: Math.fround(frame / rateHz),
          "observation.state": [...episode.states.subarray(16 * frame, 16 * frame + 16)],
          action: [...episode.actions.subarray(16 * frame, 16 * frame + 16)],
          "next.done": isLast,
          "next.reward": isLast ? episode.score : 0,
        });
      }
    });
    expect(at).toBe(rows.length);
  });

  it("gives each episode a row group and a row that finds it", async () => {
    const request = await threeSessions();
    await exportLerobot(request, "h264");
    const bytes = readFileSync(join(request.to, dataFile));
    const metadata = parquetMetadata(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual(rowCounts);
    const rows = await rowsOf(request.to, episodesFile);
    const tasks = await rowsOf(request.to, "meta/tasks.parquet");
    expect(rows.map((row) => row["length"])).toEqual(rowCounts.map(BigInt));
    expect(rows.map((row) => row["dataset_from_index"])).toEqual([0n, 13n, 23n]);
    expect(rows.map((row) => row["dataset_to_index"])).toEqual([13n, 23n, 39n]);
    expect(rows.map((row) => row["videos/observation.images.top/to_timestamp"])).toEqual(
      rowCounts.map((count) => count / rateHz),
    );
    expect(tasks.map((row) => row["task_index"])).toEqual([0n, 1n]);
    expect(rows.map((row) => (row["tasks"] as string[])[0])).toEqual([
      tasks[0]!["task"],
      tasks[0]!["task"],
      tasks[1]!["task"],
    ]);
  });

  it("says statistics that a reader who computes them anew finds", async () => {
    const request = await threeSessions();
    await exportLerobot(request, "h264");
    const rows = await rowsOf(request.to, dataFile);
    const stats = jsonOf(request.to, "meta/stats.json") as Record<string, Record<string, number[]>>;
    const actions = rows.map((row) => row["action"] as number[]);
    for (let joint = 0; joint < 16; joint++) {
      const values = actions.map((action) => action[joint]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(stats["action"]!["min"]![joint]).toBe(Math.min(...values));
      expect(stats["action"]!["max"]![joint]).toBe(Math.max(...values));
      expect(stats["action"]!["mean"]![joint]).toBeCloseTo(mean, 12);
      expect(stats["action"]!["std"]![joint]).toBeCloseTo(Math.sqrt(variance), 12);
    }
    expect(stats["action"]!["count"]).toEqual([39]);
    // Noise is spread evenly; four pictures an episode: start, two in motion, final.
    const picture = stats["observation.images.top"]!;
    expect(picture["count"]).toEqual([12]);
    expect(picture["mean"]).toHaveLength(3);
    for (const channel of picture["mean"] as unknown as number[][][]) {
      expect(channel[0]![0]).toBeGreaterThan(0.45);
      expect(channel[0]![0]).toBeLessThan(0.55);
    }
    const [first] = await rowsOf(request.to, episodesFile);
    expect(first!["stats/observation.images.top/count"]).toEqual([4n]);
    expect(first!["stats/frame_index/max"]).toEqual([12]);
  });

  it("without loss gives back every picture of the log, each for as long as it was the newest", async () => {
    const request = await threeSessions();
    await exportLerobot(request, "lossless");
    const [episode] = (await readEpisodes(request)).episodes;
    const camera = episode!.cameras[0]!;
    const pictures = await collect(camera.pictures());
    const video = join(request.to, "videos/observation.images.top/chunk-000/file-000.mp4");
    const raw = await runFfmpeg({
      parameters: ["-i", video, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
      input: [],
    });
    const frameBytes = 64 * 36 * 3;
    const found = Array.from({ length: raw.length / frameBytes }, (_, at) =>
      digestBytes(raw.subarray(at * frameBytes, (at + 1) * frameBytes)),
    );
    expect(found).toEqual(camera.pictureOfRow.map((at) => digestBytes(pictures[at]!.pixels)));
    expect(new Set(camera.pictureOfRow)).toEqual(new Set([0, 1, 2, 3]));
    expect(camera.pictureOfRow.at(-1)).toBe(3);
  });

  it("by copies holds the very JPEG files of the log, one a row", async () => {
    const request = await threeSessions();
    await exportLerobot(request, "copy");
    const [episode] = (await readEpisodes(request)).episodes;
    const camera = episode!.cameras[0]!;
    const files = await collect(storedFilesOf(camera));
    const video = join(request.to, "videos/observation.images.top/chunk-000/file-000.mp4");
    const bytes = await runFfmpeg({ parameters: ["-i", video, "-c:v", "copy", "-f", "mjpeg", "pipe:1"], input: [] }); // prettier-ignore
    expect(splitJpegs(bytes).map(digestBytes)).toEqual(
      camera.pictureOfRow.map((at) => digestBytes(files[at]!.bytes)),
    );
    const { features } = jsonOf(request.to, "meta/info.json") as { features: Record<string, Row> };
    expect(features["observation.images.top"]!["info"]).toMatchObject({
      "video.codec": "mjpeg",
      "video.pix_fmt": "yuvj444p",
    });
    expect(await streamOf(video)).toMatch(/Video: mjpeg.*yuvj444p.*64x36.* 30 fps/);
  });

  it("by copies tells nearly the statistics of the whole pictures", async () => {
    const [exact, sampled] = [await threeSessions(), await threeSessions()];
    await exportLerobot(exact, "lossless");
    await exportLerobot(sampled, "copy");
    const statsOf = ({ to }: { to: string }) =>
      (jsonOf(to, "meta/stats.json") as Record<string, Record<string, number[][][]>>)["observation.images.top"]!; // prettier-ignore
    // Small pictures are not scaled down, and all of a short episode are looked at.
    expect(statsOf(sampled)).toEqual(statsOf(exact));
  });

  it("is the same bytes again, also when it was stopped in between", async () => {
    const whole = await threeSessions();
    await exportLerobot(whole, "h264");
    const controller = new AbortController();
    const stopped = { ...(await threeSessions()), signal: controller.signal };
    const progress = { ...silentProgress, advance: () => controller.abort() };
    await expect(exportLerobot({ ...stopped, progress }, "h264")).rejects.toMatchObject({
      code: "INTERRUPTED",
    });
    const video = join(stopped.to, "videos/observation.images.top/chunk-000/file-000.mp4");
    const { ino } = statSync(video);
    await exportLerobot({ ...stopped, signal: new AbortController().signal }, "h264");
    expect(statSync(video).ino).toBe(ino);
    for (const name of filesOf(whole.to)) {
      expect(readFileSync(join(stopped.to, name)).equals(readFileSync(join(whole.to, name)))).toBe(
        true,
      );
    }
  });

  it("refuses a log in which nothing moved", async () => {
    const request = await threeSessions();
    await expect(exportLerobot({ ...request, prefix: "nobody" }, "h264")).rejects.toMatchObject({
      code: "STAGE_INCOMPLETE",
    });
  });
});
