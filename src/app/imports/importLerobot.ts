import { ManualClock } from "../../core/clock.ts";
import { cameraFrameCaptured, jointStatesMeasured } from "../../events/environment.ts";
import { featureImported } from "../../events/exchange.ts";
import { openDatasetFolder, type DatasetFolder } from "../../exchange/datasetFolder.ts";
import { openLerobot, type LerobotInfo, type ReadEpisode } from "../../exchange/lerobot/readLerobot.ts"; // prettier-ignore
import { readVideoFrames } from "../../exchange/lerobot/readVideoFrames.ts";
import { jointNames } from "../../exchange/robotEpisode.ts";
import { exactProducer } from "../producers.ts";
import { interrupted } from "../runContext.ts";
import { closeSession, startSession } from "../sessionLifecycle.ts";
import { SessionRecorder } from "../sessionRecorder.ts";
import { importedName, type ImportRequest } from "./importRequest.ts";

/** Episodes that say no other time begin here: 2026-01-01T00:00:00Z. */
const epochUs = 1_767_225_600_000_000;
const producer = exactProducer("exchange.lerobotImport", 1);

interface Importing extends ImportRequest {
  readonly folder: DatasetFolder;
  readonly info: LerobotInfo;
}

/**
 * Takes the episodes of a LeRobot data set into a log, a session each: every numeric feature, and
 * every picture of every camera without further loss. A picture that did not change since the row
 * before is not logged again. What is there already is not imported again.
 *
 * @throws {DreamlogError} `DATASET_INVALID`, `ARGUMENT_INVALID` for a name that none can have,
 *   `INTERRUPTED`: the same command goes on from there.
 */
export async function importLerobot(
  request: ImportRequest,
): Promise<{ readonly sessions: readonly string[]; readonly frames: number }> {
  const name = importedName(request);
  const folder = openDatasetFolder(request.from);
  const dataset = await openLerobot(folder);
  const importing = { ...request, folder, info: dataset.info };
  const sessions: string[] = [];
  let frames = 0;
  request.progress.begin("import lerobot", dataset.info.total_episodes);
  for await (const episode of dataset.episodes()) {
    if (request.signal.aborted) throw interrupted("import lerobot");
    const session = `${name}/${String(episode.index).padStart(6, "0")}`;
    frames += await importEpisode(importing, session, episode);
    sessions.push(session);
    request.progress.advance(1);
  }
  request.progress.end(`${sessions.length} episodes, ${frames} pictures`);
  return { sessions, frames };
}

/** @returns pictures that were logged. */
async function importEpisode(
  { log, blobs, folder, info }: Importing,
  session: string,
  episode: ReadEpisode,
): Promise<number> {
  if ((await log.session(session))?.isClosed === true) return 0;
  const clock = new ManualClock(epochUs);
  const recorder = new SessionRecorder({ log, blobs, session, clock });
  const { fps } = info;
  await startSession(recorder, {
    purpose: "import",
    task: null,
    seed: String(episode.index),
    settings: {
      format: `lerobot ${info.codebase_version}`,
      robotType: info.robot_type ?? null,
      tasks: episode.tasks,
      rateHz: fps,
    },
  });
  let frames = 0;
  for (const stretch of episode.videos) {
    frames += await importVideo(recorder, folder, stretch, { frameCount: episode.rowCount, fps });
  }
  recorder.advanceToUs(rowUs(episode.rowCount, fps));
  for (const { feature, names, width, values } of episode.features) {
    const rows = { rateHz: fps, rowCount: episode.rowCount, width, values };
    const payload = { feature, names: names === null ? null : [...names], ...rows };
    await recorder.fact(`feature/${feature}`, featureImported, payload, { producer });
    // What has the columns of this cell's arms is what its arms measured.
    if (feature === "observation.state" && names?.join() === jointNames.join()) {
      const states = { rateHz: fps, stepCount: episode.rowCount, states: values };
      await recorder.fact("states", jointStatesMeasured, states, { producer });
    }
  }
  await closeSession(recorder, "completed");
  return frames;
}

async function importVideo(
  recorder: SessionRecorder,
  folder: DatasetFolder,
  stretch: ReadEpisode["videos"][number],
  { frameCount, fps }: { readonly frameCount: number; readonly fps: number },
): Promise<number> {
  // Each camera begins with the episode, so its pictures get a clock of their own.
  const clock = new ManualClock(epochUs);
  const { log, blobs, session } = recorder;
  const camera = new SessionRecorder({ log, blobs, session, clock });
  let row = 0;
  let logged = 0;
  let shown: Uint8Array | undefined;
  for await (const image of readVideoFrames(folder, stretch, { frameCount, fps })) {
    if (shown === undefined || Buffer.compare(shown, image.pixels) !== 0) {
      camera.advanceToUs(rowUs(row, fps));
      const phase = row === 0 ? "start" : row === frameCount - 1 ? "final" : "motion";
      const stored = await camera.media.storeImage(image, "image/qoi");
      const payload = { camera: stretch.camera, phase, image: stored } as const;
      const name = `${stretch.camera}/${String(row).padStart(6, "0")}/frame`;
      await camera.fact(name, cameraFrameCaptured, payload, { producer });
      logged += 1;
      shown = image.pixels;
    }
    row += 1;
  }
  return logged;
}

function rowUs(row: number, fps: number): number {
  return epochUs + Math.round((row * 1_000_000) / fps);
}
