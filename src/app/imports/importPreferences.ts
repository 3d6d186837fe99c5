import { ManualClock } from "../../core/clock.ts";
import { preferenceImported } from "../../events/exchange.ts";
import type { BlobRef } from "../../events/media.ts";
import { openDatasetFolder, type DatasetFolder } from "../../exchange/datasetFolder.ts";
import type { PreferenceFormat, PreferencePair } from "../../exchange/preferences/preferencePair.ts"; // prettier-ignore
import { readPreferenceSet } from "../../exchange/preferences/preferenceSet.ts";
import { exactProducer } from "../producers.ts";
import { interrupted } from "../runContext.ts";
import { closeSession, startSession } from "../sessionLifecycle.ts";
import { SessionRecorder } from "../sessionRecorder.ts";
import { importedName, type ImportRequest, type ImportSource } from "./importRequest.ts";

const producer = exactProducer("exchange.preferenceImport", 1);
const mediaTypes: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
};

/** A preference set that its trainer's loader would take. */
export interface PreferenceSource {
  readonly session: string;
  readonly format: PreferenceFormat;
  readonly folder: DatasetFolder;
  readonly pairs: readonly PreferencePair[];
}

/**
 * Reads a preference set.
 *
 * @throws {DreamlogError} `DATASET_INVALID` for a set that its trainer's loader would not take;
 *   `ARGUMENT_INVALID` for a name that no session can have.
 */
export async function openPreferenceSource(
  source: ImportSource,
  format: PreferenceFormat,
): Promise<PreferenceSource> {
  const session = importedName(source);
  const folder = openDatasetFolder(source.from);
  return { session, format, folder, pairs: await readPreferenceSet(folder, format) };
}

/**
 * Takes a preference set into a log as one session, a fact each pair, pictures byte for byte.
 *
 * @returns the session and how many pairs it holds.
 * @throws {DreamlogError} `DATASET_INVALID` for a picture that cannot be read; `INTERRUPTED`.
 */
export async function importPreferences(
  { session, format, folder, pairs }: PreferenceSource,
  { log, blobs, progress, signal }: ImportRequest,
): Promise<{ readonly session: string; readonly pairs: number }> {
  const recorder = new SessionRecorder({ log, blobs, session, clock: new ManualClock(0) });
  progress.begin(`import ${format.name}`, pairs.length);
  if ((await log.session(session))?.isClosed !== true) {
    await startSession(recorder, {
      purpose: "import",
      task: null,
      seed: "",
      settings: { format: format.name, pairs: pairs.length },
    });
    const pictures = new Map<string, Promise<BlobRef>>();
    const pictureOf = (name: string) => {
      const known = pictures.get(name) ?? folder.read(name).then((bytes) => blobs.put(bytes, mediaTypeOf(name))); // prettier-ignore
      pictures.set(name, known);
      return known;
    };
    for (const [at, { prompt, images, chosen, rejected }] of pairs.entries()) {
      if (signal.aborted) throw interrupted(`import ${format.name}`);
      const payload = {
        format: format.name,
        prompt,
        images: await Promise.all(images.map(pictureOf)),
        chosen,
        rejected,
      };
      const name = `pair/${String(at).padStart(6, "0")}`;
      await recorder.fact(name, preferenceImported, payload, { producer });
      progress.advance(1);
    }
    await closeSession(recorder, "completed");
  }
  progress.end(`${pairs.length} pairs`);
  return { session, pairs: pairs.length };
}

function mediaTypeOf(name: string): string {
  return mediaTypes[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream"; // prettier-ignore
}
