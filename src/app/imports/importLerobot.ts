import { ManualClock } from "../../core/clock.ts";
import { digestBytes } from "../../core/digest.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import { cameraFrameCaptured, jointStatesMeasured } from "../../events/environment.ts";
import { featureImported } from "../../events/exchange.ts";
import type { MediaRef } from "../../events/media.ts";
import { openDatasetFolder, type DatasetFolder } from "../../exchange/datasetFolder.ts";
import { openLerobot, type LerobotDataset, type LerobotInfo, type ReadEpisode } from "../../exchange/lerobot/readLerobot.ts"; // prettier-ignore
import { encoders } from "../../exchange/lerobot/episodeVideo.ts";
import {
  readVideoFrames,
  readVideoJpegs,
  requireVideo,
} from "../../exchange/lerobot/readVideoFrames.ts";
import { jointNames, type PictureFile } from "../../exchange/robotEpisode.ts";
import { decodeImage } from "../../media/imageFormat.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import { exactProducer } from "../producers.ts";
import { interrupted } from "../runContext.ts";
import { closeSession, startSession } from "../sessionLifecycle.ts";
import { SessionRecorder } from "../sessionRecorder.ts";
import { importedName, type ImportRequest, type ImportSource } from "./importRequest.ts";

/** Episodes that say no other time begin here: 2026-01-01T00:00:00Z. */
const epochUs = 1_767_225_600_000_000;
const producer = exactProducer("exchange.lerobotImport", 1);

interface Importing extends ImportRequest {
  readonly folder: DatasetFolder;
  readonly info: LerobotInfo;
}

export interface ImportedLerobot {
  readonly sessions: readonly string[];
  /** Pictures that were logged. */
  readonly frames: number;
  /** Features that a log has no place for, such as `language (string)`. */
  readonly leftOut: readonly string[];
}

/** A data set whose first episode was found readable. */
export interface LerobotSource {
  readonly name: string;
  readonly folder: DatasetFolder;
  readonly dataset: LerobotDataset;
}

/**
 * Opens a LeRobot data set as far as its first episode, whose videos are there.
 *
 * @throws {DreamlogError} `DATASET_INVALID`; `ARGUMENT_INVALID` for a name that none can have.
 */
export async function openLerobotSource(source: ImportSource): Promise<LerobotSource> {
  const name = importedName(source);
  const folder = openDatasetFolder(source.from);
  const dataset = await openLerobot(folder);
  for await (const { videos } of dataset.episodes()) {
    for (const video of videos) await requireVideo(folder, video);
    break;
  }
  return { name, folder, dataset };
}

/**
 * Takes the episodes of a LeRobot data set into a log, a session each: every numeric feature, and
 * every picture of every camera without further loss. A picture that did not change since the row
 * before is not logged again. What is there already is not imported again.
 *
 * @throws {DreamlogError} `DATASET_INVALID`, `INTERRUPTED`: the same command goes on from there.
 */
export async function importLerobot(
  { name, folder, dataset }: LerobotSource,
  request: ImportRequest,
): Promise<ImportedLerobot> {
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
  return { sessions, frames, leftOut: dataset.leftOut };
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
  const length = { frameCount: episode.rowCount, fps };
  for (const stretch of episode.videos) {
    const pictures = videoPictures(recorder, folder, stretch, length);
    frames += await importCamera(recorder, stretch.camera, pictures, length);
  }
  for (const { camera, files } of episode.pictures) {
    frames += await importCamera(recorder, camera, filePictures(blobs, files), length);
  }
  recorder.advanceToUs(rowUs(episode.rowCount, fps));
  for (const { feature, names, width, values } of episode.features) {
    const rows = { rateHz: fps, rowCount: episode.rowCount, width, values };
    const payload = { feature, names: names === null ? null : [...names], ...rows };
    await recorder.fact(`feature/${feature}`, featureImported, payload, { producer });
    // What has the columns of this cell's arms is what its arms measured.
    if (feature === "observation.state" && names?.join() === jointNames.join()) {
      const states = {
        rateHz: fps,
        stepCount: episode.rowCount,
        states: Float32Array.from(values),
      };
      await recorder.fact("states", jointStatesMeasured, states, { producer });
    }
  }
  await closeSession(recorder, "completed");
  return frames;
}

/** A picture before anybody knows whether it is kept. */
interface OfferedPicture {
  /** Tell whether it is that of the row before. */
  readonly bytes: Uint8Array;
  readonly store: () => Promise<MediaRef>;
}

/** @param pictures - one a row. @returns how many of them changed, and so were logged. */
async function importCamera(
  recorder: SessionRecorder,
  cameraName: string,
  pictures: AsyncIterable<OfferedPicture>,
  { frameCount, fps }: { readonly frameCount: number; readonly fps: number },
): Promise<number> {
  // Each camera begins with the episode, so its pictures get a clock of their own.
  const clock = new ManualClock(epochUs);
  const { log, blobs, session } = recorder;
  const camera = new SessionRecorder({ log, blobs, session, clock });
  let row = 0;
  let logged = 0;
  let shown: Uint8Array | undefined;
  for await (const { bytes, store } of pictures) {
    if (shown === undefined || Buffer.compare(shown, bytes) !== 0) {
      camera.advanceToUs(rowUs(row, fps));
      const phase = row === 0 ? "start" : row === frameCount - 1 ? "final" : "motion";
      const stored = await store();
      const payload = { camera: cameraName, phase, image: stored } as const;
      const name = `${cameraName}/${String(row).padStart(6, "0")}/frame`;
      await camera.fact(name, cameraFrameCaptured, payload, { producer });
      logged += 1;
      shown = bytes;
    }
    row += 1;
  }
  return logged;
}

/** The frames of a stretch: JPEG files as they are where the video is made of them, else pixels. */
async function* videoPictures(
  { media, blobs }: SessionRecorder,
  folder: DatasetFolder,
  stretch: ReadEpisode["videos"][number],
  length: { readonly frameCount: number; readonly fps: number },
): AsyncGenerator<OfferedPicture> {
  if (stretch.codec === encoders.copy.codec) {
    for (const bytes of await readVideoJpegs(folder, stretch, length)) {
      yield { bytes, store: () => storeFile(blobs, { mediaType: "image/jpeg", bytes }) };
    }
    return;
  }
  for await (const image of readVideoFrames(folder, stretch, length)) {
    yield { bytes: image.pixels, store: () => media.storeImage(image, "image/qoi") };
  }
}

async function* filePictures(
  blobs: BlobStore,
  files: readonly PictureFile[],
): AsyncGenerator<OfferedPicture> {
  for (const file of files) {
    yield await Promise.resolve({ bytes: file.bytes, store: () => storeFile(blobs, file) });
  }
}

/**
 * Keeps a picture byte for byte.
 *
 * @throws {DreamlogError} `DATASET_INVALID` for one that cannot be decoded.
 */
async function storeFile(blobs: BlobStore, { mediaType, bytes }: PictureFile): Promise<MediaRef> {
  const { widthPx, heightPx, pixels } = await decoded(bytes);
  const blob = await blobs.put(bytes, mediaType);
  return { blob, decoded: digestBytes(pixels), widthPx, heightPx, frameCount: 1 };
}

async function decoded(bytes: Uint8Array): Promise<RgbImage> {
  try {
    return await decodeImage(bytes);
  } catch (error) {
    if (!isDreamlogError(error, "IMAGE_INVALID")) throw error;
    const message = `${error.message}; the data set is not whole: download it again`;
    throw new DreamlogError("DATASET_INVALID", message, error.context, error);
  }
}

function rowUs(row: number, fps: number): number {
  return epochUs + Math.round((row * 1_000_000) / fps);
}
