import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { exportLerobot } from "../../../../src/app/exports/exportLerobot.ts";
import { importLerobot, openLerobotSource } from "../../../../src/app/imports/importLerobot.ts";
import { silentProgress } from "../../../../src/app/progress.ts";
import { ManualClock } from "../../../../src/core/clock.ts";
import { digestBytes } from "../../../../src/core/digest.ts";
import { cameraFrameCaptured } from "../../../../src/events/environment.ts";
import { videoSegmentRecorded } from "../../../../src/events/video.ts";
import type { EventDefinition, PayloadOf } from "../../../../src/events/eventDefinition.ts";
import type { VideoQuality } from "../../../../src/exchange/lerobot/episodeVideo.ts";
import { h264FramesOf } from "../../../../src/media/h264Frames.ts";
import { encodeJpeg } from "../../../../src/media/imageFormat.ts";
import { runFfmpeg } from "../../../../src/media/runFfmpeg.ts";
import { createMemoryLog, type OpenLog } from "../../../../store/openLog.ts";
import { loadFrame, readVideoIndex } from "../../../../streams/videoIndex.ts";
import { cellRateHz, jointAt, picture, recordCell, stampUs, type CellRecording } from "../../../exchange/recordedCell.ts"; // prettier-ignore
import { temporaryPath } from "../../../store/temporaryLog.ts";

const frameNumbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => from + at);

async function cell(recording: Partial<CellRecording>): Promise<OpenLog> {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const all = { session: "live/a", frames: frameNumbers(0, 60), pictures: "segments" } as const;
  await recordCell(open, { ...all, ...recording });
  return open;
}

async function exported({ log, blobs }: OpenLog, quality: VideoQuality) {
  const to = temporaryPath("lerobot");
  const request = { log, blobs, prefix: "", uptoPosition: Number.MAX_SAFE_INTEGER, to };
  const { signal } = new AbortController();
  const result = await exportLerobot({ ...request, progress: silentProgress, signal }, quality);
  return { to, counts: result.counts };
}

type Row = Record<string, unknown>;

async function rowsOf(root: string, name: string): Promise<Row[]> {
  const bytes = readFileSync(join(root, name));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return (await parquetReadObjects({ file })) as Row[];
}

function linesOf(root: string, name: string): Row[] {
  const lines = readFileSync(join(root, name), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Row);
}

const dataFile = "data/chunk-000/file-000.parquet";
const episodesFile = "meta/episodes/chunk-000/file-000.parquet";
const videoOf = (root: string, episode: number) =>
  join(root, `videos/observation.images.top/chunk-000/file-00${episode}.mp4`);

async function eventsOf<Definition extends EventDefinition>(
  { log }: OpenLog,
  session: string,
  { type }: Definition,
): Promise<PayloadOf<Definition>[]> {
  const events = await log.read({ session, types: [type] });
  return events.map(({ payload }) => payload as PayloadOf<Definition>);
}

/** Frames of the video segments of a log, as H.264. */
async function recordedFrames(open: OpenLog): Promise<Uint8Array[]> {
  const segments = await eventsOf(open, "live/a", videoSegmentRecorded);
  const files = await Promise.all(segments.map(({ video }) => open.blobs.get(video.digest)));
  return files.flatMap((file) => h264FramesOf(file)!.map(({ bytes }) => bytes));
}

/** Time of every packet of a file by ffmpeg, in frames. */
async function packetTimes(path: string): Promise<number[]> {
  const text = await runFfmpeg({ parameters: ["-i", path, "-c", "copy", "-f", "framecrc", "pipe:1"], input: [] }); // prettier-ignore
  const lines = new TextDecoder().decode(text).trim().split("\n");
  const base = /#tb 0: (\d+)\/(\d+)/.exec(lines.join("\n"))!;
  const unitS = Number(base[1]) / Number(base[2]);
  const packets = lines.filter((line) => /^0,/.test(line));
  return packets.map((line) => Number(line.split(",")[2]) * unitS * cellRateHz);
}

describe("a LeRobot export of a live recording", () => {
  it("has a frame a row, with what the arms were at and told by then", async () => {
    const open = await cell({ pictures: "jpegs", primitives: { other: [10, 20] } });
    const { to } = await exported(open, "h264");
    const rows = await rowsOf(to, dataFile);
    expect(rows).toHaveLength(60);
    for (const [row, { "observation.state": state, action, timestamp }] of rows.entries()) {
      const [states, actions] = [state as number[], action as number[]];
      expect(timestamp).toBe(Math.fround(row / cellRateHz));
      expect(states[0]).toBe(Math.fround(jointAt("left", stampUs(row))));
      expect(states[8]).toBe(Math.fround(jointAt("right", stampUs(row))));
      expect(states[7]).toBe(Math.fround(0.03));
      const commanded = Math.fround(Math.min(row, 20) / 100);
      expect(actions[0]).toBe(row < 10 ? states[0] : commanded);
      expect(actions.slice(8)).toEqual(states.slice(8));
    }
    const times = await rowsOf(to, "row-times.parquet");
    expect(times.map((row) => Number(row["source_time_us"]))).toEqual(
      frameNumbers(0, 60).map(stampUs),
    );
    const [task] = await rowsOf(to, "meta/tasks.parquet");
    expect(task!["task"]).toBe("Fold the cloth the way the goal shows.");
  });

  it("by copies has the very frames of its video segments, at the times of the rows", async () => {
    const open = await cell({ frames: frameNumbers(0, 45) });
    const { to, counts } = await exported(open, "copy");
    expect(counts).toEqual({ episodes: 1, frames: 45, tasks: 1, videos: 1 });
    const stream = await runFfmpeg({
      parameters: ["-i", videoOf(to, 0), "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "pipe:1"], // prettier-ignore
      input: [],
    });
    expect(slicesOf(stream)).toEqual(slicesOf(Buffer.concat(await recordedFrames(open))));
    const times = await packetTimes(videoOf(to, 0));
    times.forEach((time, row) => expect(time).toBeCloseTo(row, 6));
    const info = JSON.parse(readFileSync(join(to, "meta/info.json"), "utf8")) as { features: Row };
    expect(info.features["observation.images.top"]).toMatchObject({
      shape: [36, 64, 3],
      info: { "video.codec": "h264", "video.pix_fmt": "yuv420p", "video.fps": 30 },
    });
  });

  it("comes back from copies with the frames that the log's own index gives", async () => {
    const open = await cell({ frames: frameNumbers(0, 35) });
    const { to } = await exported(open, "copy");
    const copy = createMemoryLog({ clock: new ManualClock(0) });
    const { log, blobs } = copy;
    const { signal } = new AbortController();
    const source = await openLerobotSource({ from: to, name: "set" });
    await importLerobot(source, { log, blobs, progress: silentProgress, signal });
    const found = await eventsOf(copy, "set/000000", cameraFrameCaptured);
    const index = await readVideoIndex(open.log, { session: "live/a", camera: "top" });
    const expected = await Promise.all(
      frameNumbers(0, 35).map(async (frame) => {
        const { pixels } = await loadFrame(open.blobs, index.frameAt(stampUs(frame))!);
        return digestBytes(pixels);
      }),
    );
    expect(found.map(({ image }) => image.decoded)).toEqual(expected);
  });

  it.each(["segments", "jpegs"] as const)(
    "of %s ends an episode where the camera pauses, and tells of it",
    async (pictures) => {
      // The second episode begins in the middle of a segment.
      const frames = [...frameNumbers(0, 34), ...frameNumbers(37, 77), ...frameNumbers(90, 95)];
      const open = await cell({ frames, pictures });
      const { to, counts } = await exported(open, "copy");
      expect(counts).toEqual({ episodes: 2, frames: 74, tasks: 1, videos: 2, pauses: 2, shortRows: 5 }); // prettier-ignore
      expect(linesOf(to, "left-out.jsonl")).toMatchObject([
        { reason: "pause", camera: "top", fromUs: stampUs(33), toUs: stampUs(37), rows: 3 },
        { reason: "pause", fromUs: stampUs(76), toUs: stampUs(90), rows: 13 },
        { reason: "short", fromUs: stampUs(90), toUs: stampUs(94), rows: 5 },
      ]);
      expect(linesOf(to, "origins.jsonl")).toMatchObject([
        { episode_index: 0, session: "live/a", startUs: stampUs(0), endUs: stampUs(33) },
        { episode_index: 1, session: "live/a", startUs: stampUs(37), endUs: stampUs(76) },
      ]);
      const rows = await rowsOf(to, episodesFile);
      const [from, until] = ["from", "to"].map((end) =>
        rows.map((row) => row[`videos/observation.images.top/${end}_timestamp`] as number),
      );
      // Four frames from the key frame on come before the first of the second episode.
      const lead = pictures === "segments" ? 4 : 0;
      expect(from).toEqual([0, lead / cellRateHz]);
      expect(until).toEqual([34 / cellRateHz, (lead + 40) / cellRateHz]);
      expect(await packetTimes(videoOf(to, 1))).toHaveLength(lead + 40);
    },
  );

  it("gives back the right frames of an episode that begins between key frames", async () => {
    const open = await cell({ frames: [...frameNumbers(0, 34), ...frameNumbers(37, 77)] });
    const { to } = await exported(open, "copy");
    const copy = createMemoryLog({ clock: new ManualClock(0) });
    const { log, blobs } = copy;
    const { signal } = new AbortController();
    const source = await openLerobotSource({ from: to, name: "set" });
    await importLerobot(source, { log, blobs, progress: silentProgress, signal });
    const [first] = await eventsOf(copy, "set/000001", cameraFrameCaptured);
    const index = await readVideoIndex(open.log, { session: "live/a", camera: "top" });
    const { pixels } = await loadFrame(open.blobs, index.frameAt(stampUs(37))!);
    expect(first!.image.decoded).toBe(digestBytes(pixels));
  });

  it("without loss has the pictures that the segments decode to", async () => {
    const open = await cell({ frames: frameNumbers(0, 31) });
    const { to } = await exported(open, "lossless");
    const raw = await runFfmpeg({
      parameters: ["-i", videoOf(to, 0), "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
      input: [],
    });
    const frameBytes = 64 * 36 * 3;
    const index = await readVideoIndex(open.log, { session: "live/a", camera: "top" });
    for (const frame of [0, 9, 10, 30]) {
      const { pixels } = await loadFrame(open.blobs, index.frameAt(stampUs(frame))!);
      const found = raw.subarray(frame * frameBytes, (frame + 1) * frameBytes);
      expect(digestBytes(found)).toBe(digestBytes(pixels));
    }
  });

  it("is of the primitives where some were carried out; the time between them is told", async () => {
    const primitives = { "live/a/primitive-0": [10, 40], "live/a/primitive-1": [80, 110] } as const;
    const open = await cell({ frames: frameNumbers(0, 200), pictures: "jpegs", primitives });
    const { to, counts } = await exported(open, "copy");
    // With the second in which the outcome shows.
    expect(linesOf(to, "origins.jsonl")).toMatchObject([
      { session: "live/a/primitive-0", startUs: stampUs(10), endUs: stampUs(70) },
      { session: "live/a/primitive-1", startUs: stampUs(80), endUs: stampUs(140) },
    ]);
    expect(counts).toMatchObject({ episodes: 2, frames: 122, idleRows: 200 - 122 });
  });

  it("shows of another camera the picture nearest to each row, and ends where there is none", async () => {
    // Half as often, and silent from frame 60 on.
    const side = frameNumbers(0, 31).map((at) => 2 * at);
    const open = await cell({ frames: frameNumbers(0, 90), pictures: "jpegs", side });
    const { to, counts } = await exported(open, "copy");
    expect(counts).toMatchObject({ episodes: 1, frames: 64, videos: 2, incompleteRows: 26 });
    const video = join(to, "videos/observation.images.side/chunk-000/file-000.mp4");
    const bytes = await runFfmpeg({ parameters: ["-i", video, "-c:v", "copy", "-f", "mjpeg", "-frames:v", "5", "pipe:1"], input: [] }); // prettier-ignore
    // Of two that are equally near, the earlier.
    const shown = await Promise.all(
      [0, 0, 2, 2, 4].map((frame) => encodeJpeg(picture("live/a", frame, "side"))),
    );
    expect(digestBytes(bytes)).toBe(digestBytes(Buffer.concat(shown)));
  });

  it("is not made of sessions with other cameras", async () => {
    const open = await cell({ frames: frameNumbers(0, 60), pictures: "segments", side: [] });
    await recordCell(open, { session: "live/b", frames: frameNumbers(0, 60), pictures: "jpegs", side: frameNumbers(0, 60) }); // prettier-ignore
    await expect(exported(open, "h264")).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining("export them apart with --sessions") as string,
    });
  });

  it("leaves rows out for which an arm said nothing, and tells of them", async () => {
    const open = await cell({ frames: frameNumbers(0, 90), pictures: "jpegs", silence: [40, 50] });
    const { to, counts } = await exported(open, "copy");
    expect(counts).toMatchObject({ episodes: 2, frames: 81, incompleteRows: 9 });
    expect(linesOf(to, "left-out.jsonl")).toMatchObject([
      { reason: "incomplete", fromUs: stampUs(42), toUs: stampUs(50), rows: 9 },
    ]);
  });

  it("tells statistics of the pictures, from few or many key frames", async () => {
    const mean = async (frames: number, quality: VideoQuality) => {
      const { to } = await exported(await cell({ frames: frameNumbers(0, frames) }), quality);
      const [row] = await rowsOf(to, episodesFile);
      const stats = row!["stats/observation.images.top/mean"] as number[][][];
      const [count] = row!["stats/observation.images.top/count"] as bigint[];
      return { mean: stats[1]![0]![0]!, count: Number(count) };
    };
    const all = await mean(60, "lossless");
    const few = await mean(60, "copy");
    const many = await mean(980, "copy");
    // A key frame every ten; of the hundred that came to, every other.
    expect([all.count, few.count, many.count]).toEqual([60, 6, 49]);
    for (const sample of [few, many]) expect(Math.abs(sample.mean - all.mean)).toBeLessThan(0.01);
  });

  it("copies no pictures of another codec or size, and says what to do instead", async () => {
    const open = await cell({ pictures: "jpegs", frames: frameNumbers(0, 40) });
    await recordCell(open, {
      session: "live/b",
      frames: frameNumbers(0, 40),
      pictures: "segments",
    });
    await expect(exported(open, "copy")).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining("--video h264 or lossless") as string,
    });
  });

  it("does not go on in the folder of another recording", async () => {
    const open = await cell({ pictures: "jpegs" });
    const { to } = await exported(open, "copy");
    const other = await cell({ pictures: "jpegs", frames: frameNumbers(0, 50) });
    const request = { ...other, prefix: "", uptoPosition: 99_999, to, progress: silentProgress };
    const { signal } = new AbortController();
    await expect(exportLerobot({ ...request, signal }, "copy")).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
  });

  it("holds the very JPEG files of the camera", async () => {
    const open = await cell({ pictures: "jpegs", frames: frameNumbers(0, 31) });
    const { to } = await exported(open, "copy");
    const bytes = await runFfmpeg({ parameters: ["-i", videoOf(to, 0), "-c:v", "copy", "-f", "mjpeg", "pipe:1"], input: [] }); // prettier-ignore
    const files = await Promise.all(
      frameNumbers(0, 31).map((frame) => encodeJpeg(picture("live/a", frame))),
    );
    expect(digestBytes(bytes)).toBe(digestBytes(Buffer.concat(files)));
  });
});

/** Digests of the slices of a stream in Annex B, without parameter sets and messages to decoders. */
function slicesOf(stream: Uint8Array): string[] {
  const text = Buffer.from(stream).toString("latin1");
  // Start codes have two or three zeros; a slice does not end with one.
  const units = text.replaceAll("\0\0\0\u0001", "\0\0\u0001").split("\0\0\u0001").slice(1);
  return units
    .filter((unit) => [1, 5].includes(unit.charCodeAt(0) & 0x1f))
    .map((unit) => digestBytes(Buffer.from(unit, "latin1")));
}
