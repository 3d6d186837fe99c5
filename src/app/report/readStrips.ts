import { cropWindow, tasks, type KeypointAction, type Task } from "../../core/cell.ts";
import { createRgbImage, type RgbImage, type RgbVideo } from "../../core/image.ts";
import { invariant } from "../../core/errors.ts";
import { armRendered, dreamImagined } from "../../events/dreaming.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import { cameraCalibrated, cameraFrameCaptured } from "../../events/environment.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { verdictGiven } from "../../events/judging.ts";
import { cropTaken, keypointsSampled } from "../../events/perception.ts";
import { actionChosen, planProposed } from "../../events/planning.ts";
import { cropResize } from "../../media/resample.ts";
import { loadImage } from "../../media/storedImage.ts";
import { loadVideo } from "../../media/storedVideo.ts";
import { drawMarks } from "../../perception/marks.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { readSession, type SessionEvents } from "../collectedSession.ts";
import {
  evaluationTrials,
  observedTrials,
  trialSession,
  type EvaluationTrial,
} from "../evaluationTrials.ts";
import { createMediaShelf } from "../../media/mediaShelf.ts";
import { loadDream } from "../derivations/judgeDreams.ts";
import type { RunSettings } from "../settings.ts";
import type { DreamPicture, Method, PictureStrip } from "./reportData.ts";

/** Starts of a task whose outcomes are shown. The first observed ones: nobody picks the pretty pictures. */
const shownStarts = 3;
const comparedMethods = ["zeroShot", "dreamplanEq5", "orpo"] as const satisfies readonly Method[];

const taskTitles: Readonly<Record<Task, string>> = {
  rope: "Rope",
  cloth: "Cloth",
  toy: "Soft toy",
};
/** Side of the workspace in the pictures of starts, goals and outcomes. */
const outcomeSidePx = 320;

type Source = Pick<OpenLog, "log" | "blobs">;

/** One strip of pictures a task, from its first evaluation starts. */
export async function readStrips(
  source: Source,
  settings: RunSettings,
): Promise<readonly PictureStrip[]> {
  const trials = await observedTrials(source.log, settings, evaluationTrials(settings));
  const strips: PictureStrip[] = [];
  for (const task of tasks) {
    const ofTask = trials.filter((trial) => trial.task === task).slice(0, shownStarts);
    if (ofTask.length > 0) strips.push(await readStrip(source, settings, ofTask));
  }
  return strips;
}

async function readStrip(
  source: Source,
  settings: RunSettings,
  trials: readonly EvaluationTrial[],
): Promise<PictureStrip> {
  const { log, blobs } = source;
  const first = trials[0]!;
  const sessionOf = (method: Method, trial: EvaluationTrial) =>
    readSession(log, trialSession(settings, method, trial));
  const verified = await sessionOf("verificationN8", first);
  const executed = await sessionOf("zeroShot", first);
  const outcomes: PictureStrip["outcomes"][number][] = [];
  for (const trial of trials) {
    for (const method of comparedMethods) {
      outcomes.push(await readOutcome(source, method, await sessionOf(method, trial)));
    }
  }
  return {
    task: first.task,
    title: `${taskTitles[first.task]}, evaluation start ${first.start}`,
    observation: await markedScene(blobs, verified, "start"),
    goal: await markedScene(blobs, verified, "goal"),
    candidates: await readCandidates(blobs, verified),
    ...(await readComparison(blobs, executed)),
    outcomes,
  };
}

async function markedScene(
  blobs: BlobStore,
  events: SessionEvents,
  name: "start" | "goal",
): Promise<RgbImage> {
  const scene = await sceneFrame(blobs, events, name);
  return drawMarks(scene, events.get(`${name}/keypoints`, keypointsSampled).payload.points);
}

function sceneFrame(
  blobs: BlobStore,
  events: SessionEvents,
  name: "start" | "goal",
): Promise<RgbImage> {
  return loadImage(blobs, events.get(`${name}/frame`, cameraFrameCaptured).payload.image);
}

/** The settled result; the start itself where nothing was carried out. */
async function finalFrame({ log, blobs }: Source, events: SessionEvents): Promise<RgbImage> {
  const crop = events.find("final/crop/objectOnly", cropTaken);
  if (crop === undefined) return sceneFrame(blobs, events, "start");
  const frame = await log.get(crop.causes[0]!);
  invariant(frame?.type === cameraFrameCaptured.type, `${crop.id} names its frame`);
  const { image } = (frame as StoredEvent<PayloadOf<typeof cameraFrameCaptured>>).payload;
  return loadImage(blobs, image);
}

async function readCandidates(
  blobs: BlobStore,
  events: SessionEvents,
): Promise<readonly DreamPicture[]> {
  const { candidates } = events.get("plan", planProposed).payload;
  const verdict = events.find("verification/verdict", verdictGiven);
  const pictures: DreamPicture[] = [];
  for (const [candidate, { action }] of candidates.entries()) {
    const clip = events.find(`candidate/${candidate}/arm`, armRendered);
    const dream = events.find(`candidate/${candidate}/dream`, dreamImagined);
    if (clip === undefined || dream === undefined) continue;
    const place = pictures.length;
    pictures.push({
      label: `${candidate + 1}: ${describeAction(action)}`,
      armFrames: framesOf(await loadVideo(blobs, clip.payload.video)),
      dreamFrames: framesOf(await loadDream(createMediaShelf(blobs), dream.payload)),
      distance: verdict?.payload.distances[place] ?? null,
      isBest: verdict?.payload.best === place,
    });
  }
  return pictures;
}

/** The dream of the executed action beside what happened; both begin with the observation. */
async function readComparison(
  blobs: BlobStore,
  events: SessionEvents,
): Promise<Pick<PictureStrip, "dreamed" | "happened">> {
  const choice = events.find("choice", actionChosen);
  const dream = choice && events.find(`candidate/${choice.payload.candidate}/dream`, dreamImagined);
  const happened: RgbImage[] = [];
  const crops = ["start", ...motionNames(events), "final"];
  for (const name of crops) {
    const crop = events.find(`${name}/crop/objectOnly`, cropTaken);
    if (crop !== undefined) happened.push(await loadImage(blobs, crop.payload.image));
  }
  if (dream === undefined || happened.length < 2) return { dreamed: [], happened: [] };
  return {
    dreamed: [happened[0]!, ...framesOf(await loadDream(createMediaShelf(blobs), dream.payload))],
    happened,
  };
}

function motionNames(events: SessionEvents): string[] {
  const names: string[] = [];
  while (events.find(`motion/${names.length}/crop/objectOnly`, cropTaken) !== undefined) {
    names.push(`motion/${names.length}`);
  }
  return names;
}

async function readOutcome(
  source: Source,
  method: Method,
  events: SessionEvents,
): Promise<PictureStrip["outcomes"][number]> {
  const choice = events.find("choice", actionChosen);
  const window = cropWindow(events.get("camera", cameraCalibrated).payload);
  const workspaceOf = (frame: RgbImage) => cropResize(frame, window, outcomeSidePx);
  return {
    method,
    start: workspaceOf(await sceneFrame(source.blobs, events, "start")),
    goal: workspaceOf(await sceneFrame(source.blobs, events, "goal")),
    outcome: workspaceOf(await finalFrame(source, events)),
    score: events.find("final/score", outcomeScored)?.payload.score ?? 0,
    action: choice === undefined ? "" : describeAction(choice.payload.action),
  };
}

/** Numbers as they stand on the marked pictures. */
function describeAction({ arm, source, target }: KeypointAction): string {
  return `${arm} arm, ${source} → ${target}`;
}

function framesOf({ widthPx, heightPx, frames }: RgbVideo): readonly RgbImage[] {
  return frames.map((pixels) => createRgbImage(widthPx, heightPx, pixels));
}
