import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayFile } from "../../src/app/replayFile.ts";
import { silentProgress } from "../../src/app/progress.ts";
import { deriveCrop, recordFrame } from "../../src/app/observe.ts";
import { cellProducer } from "../../src/app/producers.ts";
import { closeSession, recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import { topCamera } from "../../src/core/cell.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import { createRgbImage } from "../../src/core/image.ts";
import { createRandom } from "../../src/core/random.ts";
import { cameraCalibrated } from "../../src/events/environment.ts";
import { openLog } from "../../store/openLog.ts";

// Replays a log of large frames and prints the most memory it took, which must not grow with the log:
// npx tsx test/bench/replayMemory.bench.ts [MiB] [MiB] …, smaller first.

const sizesMiB = process.argv.slice(2).map(Number);
const mebibyte = 1024 * 1024;
const framesPerSession = 64;

/** Frames of noise, which no encoder makes small, each with its crop. */
async function recordFrames(path: string, sizeMiB: number): Promise<void> {
  const open = openLog({ path, clock: createSystemClock() });
  const image = createRgbImage(topCamera.widthPx, topCamera.heightPx);
  const random = createRandom("noise");
  for (let at = 0; at < image.pixels.length; at++) image.pixels[at] = random.index(256);
  for (let session = 0; statSync(path).size < sizeMiB * mebibyte; session++) {
    const recorder = recorderFor({ open }, `frames/${session}`);
    const settings = { purpose: "bench", task: null, seed: "noise", settings: {} };
    await startSession(recorder, settings);
    const model = { ...topCamera, rotation: [...topCamera.rotation] };
    const camera = await recorder.fact("camera", cameraCalibrated, model, {
      producer: cellProducer,
    });
    for (let frame = 0; frame < framesPerSession; frame++) {
      // Turned by some samples, each frame is another one.
      image.pixels.set([...image.pixels.subarray(0, 7), frame, session & 255, session >> 8], 0);
      const stored = await recordFrame(recorder, `${frame}`, "motion", image);
      await deriveCrop(recorder, `${frame}`, "fullScene", camera, stored, undefined as never);
    }
    await closeSession(recorder, "completed");
  }
  await open.close();
}

for (const sizeMiB of sizesMiB) {
  const folder = mkdtempSync(join(tmpdir(), "dreamlog-bench-"));
  try {
    const path = join(folder, "frames.sqlite");
    await recordFrames(path, sizeMiB);
    const watch = createStopwatch();
    const { outcome, digests } = await replayFile({
      ...{ path, sessions: null, types: null, jobs: 2 },
      progress: silentProgress,
      signal: new AbortController().signal,
    });
    const size = (statSync(path).size / mebibyte).toFixed(0);
    const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0);
    console.log(`${size} MiB, ${digests.events} events: ${outcome} in ${watch.seconds().toFixed(0)} s, ${peak} MiB of memory at most`); // prettier-ignore
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
