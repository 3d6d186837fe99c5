import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportLerobot } from "../../src/app/exports/exportLerobot.ts";
import { closeSession, recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import { exactProducer } from "../../src/app/producers.ts";
import { silentProgress } from "../../src/app/progress.ts";
import { createStopwatch, ManualClock } from "../../src/core/clock.ts";
import { createRgbImage } from "../../src/core/image.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import { cameraFrameCaptured, jointStatesMeasured } from "../../src/events/environment.ts";
import type { EventDefinition } from "../../src/events/eventDefinition.ts";
import { jointStatesReceived } from "../../src/events/hardware.ts";
import { sessionStarted } from "../../src/events/session.ts";
import { videoSegmentRecorded } from "../../src/events/video.ts";
import type { VideoQuality } from "../../src/exchange/lerobot/episodeVideo.ts";
import { h264FramesOf } from "../../src/media/h264Frames.ts";
import { createLiveEncoder } from "../../src/media/liveEncoder.ts";
import { runFfmpeg } from "../../src/media/runFfmpeg.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { median } from "./measure.ts";

/*
 * How fast an episode with one picture a row becomes a LeRobot data set, against ffmpeg that does
 * nothing but the same video: of JPEG files, and of a live camera's video segments. `export.bench.ts 4`
 * is of four seconds. Speeds a core count what processors did, whatever else the machine does.
 */

const rateHz = 30;
const widthPx = 960;
const heightPx = 540;
const seconds = Number(process.argv[2] ?? 10);
const rounds = 5;
const producer = exactProducer("bench.cell", 1);
const stepCount = seconds * rateHz - 1;

/** A block that moves over a table with some grain, so that frames differ as a camera's do. */
function frameAt(row: number) {
  const image = createRgbImage(widthPx, heightPx);
  for (let at = 0; at < image.pixels.length; at++) {
    image.pixels[at] = 150 + ((at * 2_654_435_761) >>> 30);
  }
  for (let y = 200; y < 300; y++) {
    for (let x = 100 + row; x < 200 + row; x++) {
      image.pixels.set([200, 30, 40], 3 * (y * widthPx + x));
    }
  }
  return image;
}

async function recordEpisode(open: OpenLog): Promise<readonly Uint8Array[]> {
  const recorder = recorderFor({ open }, "episode");
  await startSession(recorder, { purpose: "bench", task: "toy", seed: "0", settings: {} });
  const startUs = recorder.nowUs();
  const jpegs: Uint8Array[] = [];
  for (let row = 0; row <= stepCount; row++) {
    recorder.advanceToUs(startUs + Math.round((row * 1_000_000) / rateHz));
    const image = await recorder.media.storeImage(frameAt(row), "image/jpeg");
    const payload = { camera: "top", phase: "motion", image } as const;
    await recorder.fact(`${row}/frame`, cameraFrameCaptured, payload, { producer });
    jpegs.push(await open.blobs.get(image.blob.digest));
  }
  const states = new Float32Array(16 * stepCount);
  await recorder.fact("states", jointStatesMeasured, { rateHz, stepCount, states }, { producer });
  await closeSession(recorder, "completed");
  const bytes = jpegs.reduce((sum, { length }) => sum + length, 0);
  console.log(`${(bytes / jpegs.length / 1000).toFixed(0)} kB a picture`);
  return jpegs;
}

/** The same pictures as a live cell records them: encoded on the way in, with states of both arms. */
async function recordLive({ log, blobs }: OpenLog): Promise<readonly Uint8Array[]> {
  const session = "live";
  const stampUs = (row: number) => Math.round((row * 1_000_000) / rateHz);
  const stamps = Array.from({ length: stepCount + 1 }, (_, row) => stampUs(row));
  const events: NewEvent[] = [];
  const fact = ({ type, version, kind }: EventDefinition, payload: unknown) => {
    const rest = { causes: [], producer, seed: null, key: null, sourceTimeUs: 0 };
    events.push({ id: `${session}/${events.length}`, session, type, version, kind, payload, ...rest }); // prettier-ignore
  };
  fact(sessionStarted, { purpose: "live", task: "toy", seed: "0", parent: null, settings: "{}" });
  for (const arm of ["left", "right"] as const) {
    const times = Float64Array.from(stamps);
    const none = new Float64Array(0);
    const values = {
      positions: new Float64Array(7 * times.length),
      velocities: none,
      efforts: none,
    };
    const when = { sourceTimesUs: times, receiveTimesUs: times, count: times.length };
    fact(jointStatesReceived, { stream: `${arm}/states`, arm, ...when, ...values });
  }
  const files: Uint8Array[] = [];
  const encoder = createLiveEncoder({
    ...{ widthPx, heightPx, fps: rateHz, framesPerSegment: 2 * rateHz, maxWaiting: stamps.length },
    async onSegment({ bytes, frameTimesUs }) {
      const video = await blobs.put(bytes, "video/mp4");
      files.push(...h264FramesOf(bytes)!.map((frame) => frame.bytes));
      fact(videoSegmentRecorded, { camera: "top", video, widthPx, heightPx, frameTimesUs });
    },
    onGap: ({ note }) => Promise.reject(new Error(note)),
  });
  for (const [row, timeUs] of stamps.entries()) encoder.offer(frameAt(row).pixels, timeUs);
  await encoder.close();
  await log.append(events);
  return files;
}

const encoders: Readonly<Record<"h264" | "copy", readonly string[]>> = {
  h264: ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "superfast", "-crf", "20", "-g", "2", "-bf", "0"], // prettier-ignore
  copy: ["-c:v", "copy"],
};

/** Seconds of video a second of work: as a clock sees it, and of one core's time. */
interface Speed {
  readonly byClock: number;
  readonly perCore: number;
}

async function timed(work: () => Promise<unknown>): Promise<Speed> {
  const watch = createStopwatch();
  const before = coreSeconds();
  await work();
  return { byClock: seconds / watch.seconds(), perCore: seconds / (coreSeconds() - before) };
}

/** What this process and those it started and waited for took of cores so far (Linux: proc(5)). */
function coreSeconds(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // utime, stime, cutime and cstime, in ticks of a hundredth of a second.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
}

async function measureQuality(
  open: OpenLog,
  pictures: readonly Uint8Array[],
  quality: VideoQuality & ("h264" | "copy"),
  input: readonly string[] = ["-threads", "1", "-f", "mjpeg", "-framerate", String(rateHz)],
) {
  // prettier-ignore
  const to = join(tmpdir(), `dreamlog-export-bench-${process.pid}`);
  const output = ["-threads", "1", "-f", "mp4", "-y", `${to}.mp4`];
  const parameters = [...input, "-i", "pipe:0", ...encoders[quality], ...output]; // prettier-ignore
  const { log, blobs } = open;
  const { signal } = new AbortController();
  const request = { log, blobs, prefix: "", uptoPosition: Number.MAX_SAFE_INTEGER, to, progress: silentProgress, signal }; // prettier-ignore
  const ours: Speed[] = [];
  const alone: Speed[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await timed(() => exportLerobot(request, quality)));
    alone.push(await timed(() => runFfmpeg({ parameters, input: pictures })));
    rmSync(to, { recursive: true });
    rmSync(`${to}.mp4`);
  }
  const ratio = median(ours.map(({ byClock }, round) => byClock / alone[round]!.byClock));
  const told = (speeds: readonly Speed[]) =>
    (["perCore", "byClock"] as const)
      .map((by) => median(speeds.map((speed) => speed[by])).toFixed(1))
      .map((times) => times.padStart(6))
      .join(" ");
  console.log(`${quality.padEnd(6)} ${told(ours)}   ffmpeg alone ${told(alone)}   ratio ${ratio.toFixed(2)}`); // prettier-ignore
}

const open = createMemoryLog({ clock: new ManualClock(0) });
const jpegs = await recordEpisode(open);
console.log(`${seconds} s of ${widthPx}×${heightPx} at ${rateHz} Hz, one picture a row; times real time a core and by the clock`); // prettier-ignore
await measureQuality(open, jpegs, "copy");
await measureQuality(open, jpegs, "h264");
console.log("the same as video segments of two seconds");
const live = createMemoryLog({ clock: new ManualClock(0) });
await measureQuality(live, await recordLive(live), "copy", ["-f", "h264", "-r", String(rateHz)]);
