import { digestFields } from "../../core/digest.ts";
import { DreamlogError, invariant } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import { cameraFrameCaptured } from "../../events/environment.ts";
import type { EventDefinition, PayloadOf } from "../../events/eventDefinition.ts";
import { preferencesPaired } from "../../events/learning.ts";
import { keypointsSampled, maskSegmented } from "../../events/perception.ts";
import { planProposed, promptComposed } from "../../events/planning.ts";
import { derivationReused } from "../../events/session.ts";
import { prepareDatasetFolder, type DatasetFolder } from "../../exchange/datasetFolder.ts";
import type { PreferenceFormat } from "../../exchange/preferences/preferencePair.ts";
import { writePreferenceSet } from "../../exchange/preferences/preferenceSet.ts";
import { encodeJpeg } from "../../media/imageFormat.ts";
import { loadImage } from "../../media/storedImage.ts";
import { drawMarks } from "../../perception/marks.ts";
import { formatAction } from "../../planning/actionGrammar.ts";
import { isA } from "../derivations/rule.ts";
import { interrupted } from "../runContext.ts";
import type { ExportRequest, ExportResult } from "./exportRequest.ts";

type PairsEvent = StoredEvent<PayloadOf<typeof preferencesPaired>>;

const pageSize = 1000;

/**
 * Writes the preferences of a log as a set that a trainer of vision-language models takes: one pair
 * for each negative, under the prompt the planner was asked with, beside the observation and the goal
 * with their numbered keypoints. Equal logs give equal bytes.
 *
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when there are no preferences; `INTERRUPTED`;
 *   `ARGUMENT_INVALID` for a folder that holds something else.
 */
export async function exportPreferences(
  request: ExportRequest,
  format: PreferenceFormat,
): Promise<ExportResult> {
  const { prefix, uptoPosition, to, progress, signal } = request;
  const events = await readPreferences(request);
  if (events.length === 0) {
    throw new DreamlogError(
      "STAGE_INCOMPLETE",
      `expected preferences in sessions "${prefix}…" up to position ${uptoPosition}, found none; judge first, or name other sessions`,
      { prefix, uptoPosition },
    );
  }
  const folder = await prepareDatasetFolder(to, format.name);
  const facts = { prefix, uptoPosition };
  await folder.describe({ format: format.name, isComplete: false, facts });
  progress.begin(`export ${format.name}`, events.length);
  const pairs = [];
  for (const event of events) {
    if (signal.aborted) throw interrupted(`export ${format.name}`);
    pairs.push(...(await pairsOf(request, folder, event)));
    progress.advance(1);
  }
  const written = await writePreferenceSet(folder, format, pairs);
  const counts = {
    pairs: written.length,
    prompts: events.length,
    images: new Set(written.flatMap(({ images }) => images)).size,
  };
  await folder.describe({
    format: format.name,
    isComplete: true,
    facts: { ...facts, ...counts },
  });
  progress.end(`${counts.pairs} pairs, ${counts.images} pictures`);
  return { to, counts, next: `cd ${to} && ${format.command}` };
}

/** Preferences of the sessions, also those that a branch took over, in order of event id. */
async function readPreferences(request: ExportRequest): Promise<readonly PairsEvent[]> {
  const { log, prefix, uptoPosition } = request;
  const found = new Map<string, PairsEvent>();
  const types = [preferencesPaired.type, derivationReused.type];
  for (let afterPosition = 0; ;) {
    const page = await log.read({ types, afterPosition, uptoPosition, limit: pageSize });
    for (const event of page) {
      if (!event.session.startsWith(prefix)) continue;
      const meant = isA(event, derivationReused) ? await log.get(event.causes[0]!) : event;
      if (meant !== undefined && isA(meant, preferencesPaired)) found.set(meant.id, meant);
    }
    const last = page.at(-1);
    if (last === undefined) break;
    afterPosition = last.position;
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function pairsOf(request: ExportRequest, folder: DatasetFolder, event: PairsEvent) {
  const { log } = request;
  const [plan, , current, goal] = event.causes;
  const prompt = await causeOf(log, await eventAt(log, plan, planProposed), promptComposed);
  const images = [
    await markedPicture(request, folder, await eventAt(log, current, keypointsSampled)),
    await markedPicture(request, folder, await eventAt(log, goal, keypointsSampled)),
  ];
  const { positive, negatives } = event.payload;
  return negatives.map((rejected, negative) => ({
    pair: {
      prompt: prompt.payload.text,
      images,
      chosen: formatAction(positive),
      rejected: formatAction(rejected),
    },
    origin: { event: event.id, negative },
  }));
}

/**
 * The frame that keypoints were found in, with their numbers drawn on it.
 *
 * @returns its name in the folder; a picture that is there already is not drawn again.
 */
async function markedPicture(
  { log, blobs }: ExportRequest,
  folder: DatasetFolder,
  keypoints: StoredEvent<PayloadOf<typeof keypointsSampled>>,
): Promise<string> {
  const mask = await causeOf(log, keypoints, maskSegmented);
  const frame = await causeOf(log, mask, cameraFrameCaptured);
  const identity = digestFields(["marks 1", frame.contentDigest, keypoints.contentDigest]);
  const name = `images/${identity.slice(0, 32)}.jpg`;
  if (await folder.has(name)) return name;
  const image = await loadImage(blobs, frame.payload.image);
  await folder.write(name, await encodeJpeg(drawMarks(image, keypoints.payload.points)));
  return name;
}

/** The first cause of an event, which is what it was made from. */
function causeOf<Definition extends EventDefinition>(
  log: ExportRequest["log"],
  event: StoredEvent,
  definition: Definition,
): Promise<StoredEvent<PayloadOf<Definition>>> {
  return eventAt(log, event.causes[0], definition);
}

async function eventAt<Definition extends EventDefinition>(
  log: ExportRequest["log"],
  position: number | undefined,
  definition: Definition,
): Promise<StoredEvent<PayloadOf<Definition>>> {
  const event = position === undefined ? undefined : await log.get(position);
  invariant(event !== undefined && isA(event, definition), `a ${definition.type} is the cause`);
  return event;
}
