import { createCipheriv } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayFile } from "../../src/app/replayFile.ts";
import { silentProgress } from "../../src/app/progress.ts";
import { cropFrame, cropProducer } from "../../src/app/derivations/cropFrame.ts";
import { deriveBy } from "../../src/app/derivations/deriveBy.ts";
import { recordFrame } from "../../src/app/observe.ts";
import { cellProducer } from "../../src/app/producers.ts";
import { closeSession, recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import { topCamera } from "../../src/core/cell.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import { digestBytes } from "../../src/core/digest.ts";
import { createRgbImage } from "../../src/core/image.ts";
import { cameraCalibrated } from "../../src/events/environment.ts";
import { checkpointImported } from "../../src/events/learning.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";

// Replays a log of large frames and weights and prints the most memory it took, which must not grow with the log:
// npx tsx test/bench/replayMemory.bench.ts [MiB] [MiB] …, smaller first.

const sizesMiB = process.argv.slice(2).map(Number);
const mebibyte = 1024 * 1024;
const sessions = 2;
const framesPerSession = 48;
const weightsMiB = 8;

/** Frames of noise, which no encoder makes small, each with its crop; then weights up to the size. */
async function recordLog(path: string, sizeMiB: number): Promise<void> {
  const open = openLog({ path, clock: createSystemClock() });
  for (let session = 0; session < sessions; session++) await recordFrames(open, session);
  await recordWeights(open, sizeMiB);
  await open.close();
}

async function recordFrames(open: OpenLog, session: number): Promise<void> {
  const image = createRgbImage(topCamera.widthPx, topCamera.heightPx);
  const recorder = recorderFor({ open }, `frames/${session}`);
  await startSession(recorder, { purpose: "bench", task: null, seed: "noise", settings: {} });
  const model = { ...topCamera, rotation: [...topCamera.rotation] };
  const camera = await recorder.fact("camera", cameraCalibrated, model, { producer: cellProducer });
  for (let at = 0; at < framesPerSession; at++) {
    image.pixels.set(noise(`frame ${session} ${at}`, image.pixels.length));
    const frame = await recordFrame(recorder, `${at}`, "motion", image);
    const step = {
      name: `${at}/crop/fullScene`,
      producer: cropProducer("fullScene"),
      causes: [frame, camera],
    };
    await deriveBy(recorder, cropFrame, step, { media: recorder.media });
  }
  await closeSession(recorder, "completed");
}

async function recordWeights(open: OpenLog, sizeMiB: number): Promise<void> {
  const recorder = recorderFor({ open }, "weights");
  await startSession(recorder, { purpose: "bench", task: null, seed: "noise", settings: {} });
  for (let at = 0; statSync(open.path).size < sizeMiB * mebibyte; at++) {
    const weights = await open.blobs.put(noise(`weights ${at}`, weightsMiB * mebibyte), "application/onnx"); // prettier-ignore
    const payload = {
      role: "worldModelControl" as const,
      origin: "noise",
      weights,
      settings: "{}",
    };
    await recorder.fact(`${at}`, checkpointImported, payload, { producer: cellProducer });
  }
  await closeSession(recorder, "completed");
}

/** Bytes that a seed names. */
function noise(seed: string, lengthBytes: number): Uint8Array {
  const key = Buffer.from(digestBytes(seed), "hex");
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(lengthBytes));
}

for (const sizeMiB of sizesMiB) {
  const folder = mkdtempSync(join(tmpdir(), "dreamlog-bench-"));
  try {
    const path = join(folder, "frames.sqlite");
    await recordLog(path, sizeMiB);
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
