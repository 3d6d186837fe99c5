import { tasks, type Task } from "../../core/cell.ts";
import { cameraCalibrated, objectBoxLabelled } from "../../events/environment.ts";
import { cropTaken } from "../../events/perception.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import {
  dreamsMeasured,
  judgeMeasured,
  methodEvaluated,
  outcomeScored,
} from "../../events/evaluation.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { verdictGiven } from "../../events/judging.ts";
import { actionChosen } from "../../events/planning.ts";
import { measureAgreement } from "../../judging/agreement.ts";
import { loadImage } from "../../media/storedImage.ts";
import { psnrDb, objectIou } from "../../media/imageQuality.ts";
import { createColourSegmenter } from "../../perception/colourSegmenter.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import { readSession, type SessionEvents } from "../collectedSession.ts";
import { cameraOf, type DreamEvent } from "../dreamCandidates.ts";
import type { EvaluateJob, EvaluateSetup, MethodSpec } from "../evaluateWorker.ts";
import {
  auditSession,
  evaluationStartSeed,
  evaluationTrials,
  sceneSession,
  summaryParent,
  summarySession,
  trialSession,
  type EvaluationTrial,
} from "../evaluationTrials.ts";
import { loadDream } from "../judgeDreams.ts";
import { defaultJudge } from "../judgeSpec.ts";
import { objectInDream } from "../objectInDream.ts";
import { exactProducer } from "../producers.ts";
import { bootstrapInterval } from "../report/bootstrap.ts";
import { methods, type Method } from "../report/reportData.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { requireRunning, runOnWorkers, type RunContext } from "../runContext.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { importCheckpoints } from "./importCheckpoints.ts";
import { dreamingModel, sourceOf } from "./dreamingModel.ts";
import { trainedPlanner } from "./orpo.ts";
import { trainedWorldModel } from "./trainWorldModel.ts";
import { createRgbImage, type RgbImage } from "../../core/image.ts";

/** What the oracle tries: the spread-out first keypoints, then about the best. */
const oracleSearch = { coarseCount: 6, keptCount: 3, neighbourCount: 2, roundCount: 2 } as const;

/** Candidates of the larger explicit verification, all of which an audit carries out. */
export const auditedCandidates = 8;

type Outcome = StoredEvent<PayloadOf<typeof outcomeScored>>;

/** Every method on every held-out start, one primitive each, and what follows from it. */
export async function evaluate(context: RunContext): Promise<void> {
  const { settings, open } = context;
  const { firstSeed, oracleTrialsPerTask, auditedStartsPerTask } = settings.evaluation;
  const isWithin = ({ start }: EvaluationTrial, count: number) => start - firstSeed < count;
  const specs = await methodSpecs(context);
  const setup: EvaluateSetup = {
    logPath: open.path,
    worldModel: await dreamingModel(context),
    fullScene:
      settings.worldModel.fullSceneSteps === 0
        ? null
        : sourceOf(settings, await trainedWorldModel(context, "fullScene")),
    judge: settings.branch?.judge ?? defaultJudge,
  };
  const jobOf = (trial: EvaluationTrial): EvaluateJob => ({
    task: trial.task,
    startSeed: evaluationStartSeed(trial),
    startSession: sceneSession(settings, trial),
    methods: [
      ...methods
        .filter((method) => method !== "oracle" || isWithin(trial, oracleTrialsPerTask))
        .map((method) => ({
          method,
          spec: specs[method],
          session: trialSession(settings, method, trial),
        })),
      ...Array.from(
        { length: isWithin(trial, auditedStartsPerTask) ? auditedCandidates : 0 },
        (_, candidate) => ({
          method: "audit" as const,
          spec: { ...specs.verificationN8, kind: "audit", candidate } as MethodSpec,
          session: auditSession(settings, trial, candidate),
        }),
      ),
    ],
  });
  await runOnWorkers<EvaluationTrial, EvaluateJob, number>(context, {
    stage: "evaluate",
    module: new URL("../evaluateWorker.ts", import.meta.url),
    setup,
    items: evaluationTrials(settings),
    jobOf,
    summaryOf: (counts) =>
      `${counts.reduce((sum, count) => sum + count, 0)} trials on ${counts.length} starts`,
  });
  await summarise(context);
}

async function methodSpecs(context: RunContext): Promise<Readonly<Record<Method, MethodSpec>>> {
  const { zeroShot } = await importCheckpoints(context);
  const policy = (weights: typeof zeroShot.payload.weights.digest) =>
    ({ kind: "policy", weights, temperature: context.settings.samplingTemperature }) as const;
  const fineTuned = async (loss: "orpo" | "dreamplanEq5") =>
    policy((await trainedPlanner(context, loss)).payload.weights.digest);
  const base = policy(zeroShot.payload.weights.digest);
  return {
    random: { kind: "planner", planner: { kind: "random" } },
    matcher: { kind: "planner", planner: { kind: "matcher" } },
    zeroShot: { kind: "planner", planner: base, dreamsChoice: true },
    verificationN4: { kind: "verification", planner: base, candidateCount: 4 },
    verificationN8: { kind: "verification", planner: base, candidateCount: auditedCandidates },
    dreamplanEq5: { kind: "planner", planner: await fineTuned("dreamplanEq5") },
    orpo: { kind: "planner", planner: await fineTuned("orpo") },
    oracle: { kind: "oracle", search: oracleSearch },
  };
}

/** Means and intervals of every method, the judge against the truth, and the dreams' fidelity. */
async function summarise(context: RunContext): Promise<void> {
  const { settings, open } = context;
  const recorder = recorderFor({ open }, summarySession(settings));
  await startSession(recorder, {
    purpose: "evaluationSummary",
    task: null,
    seed: settings.seed,
    settings: settings.evaluation,
    ...summaryParent(settings),
  });
  for (const method of methods) {
    for (const task of tasks) {
      await requireRunning(context, "evaluate");
      await summariseMethod(context, recorder, method, task);
    }
  }
  await measureJudge(context, recorder);
  await measureDreams(context, recorder);
  await closeSession(recorder, "completed");
}

async function summariseMethod(
  context: RunContext,
  recorder: SessionRecorder,
  method: Method,
  task: Task,
): Promise<void> {
  const { trialsPerTask, oracleTrialsPerTask } = context.settings.evaluation;
  const trials = method === "oracle" ? Math.min(oracleTrialsPerTask, trialsPerTask) : trialsPerTask;
  if (trials === 0) return;
  const outcomes: Outcome[] = [];
  for (const trial of evaluationTrials(context.settings, trials)) {
    if (trial.task !== task) continue;
    const session = trialSession(context.settings, method, trial);
    const events = await readSession(context.open.log, session);
    const outcome = events.find("final/score", outcomeScored);
    if (outcome !== undefined) outcomes.push(outcome);
  }
  // A trial in which nothing could be carried out left the object where it was: it scores 0.
  const scores = [
    ...outcomes.map(({ payload }) => payload.score),
    ...Array.from({ length: trials - outcomes.length }, () => 0),
  ];
  await recorder.derived(
    `${method}/${task}`,
    methodEvaluated,
    {
      producer: exactProducer("app.methodEvaluation", 1, { method, task, trials }),
      causes: outcomes,
      seed: `bootstrap ${method} ${task}`,
    },
    () => {
      const interval = bootstrapInterval(scores, { seed: `bootstrap ${method} ${task}` });
      return { method, task, trials, ...interval };
    },
  );
}

/** Carries the judge's choice among eight dreams against what all eight candidates really did. */
async function measureJudge(context: RunContext, recorder: SessionRecorder): Promise<void> {
  const { settings, open } = context;
  const { log } = open;
  const groups: { judged: number[]; actual: number[] }[] = [];
  const causes: StoredEvent[] = [];
  for (const trial of evaluationTrials(settings, settings.evaluation.auditedStartsPerTask)) {
    const verified = await readSession(log, trialSession(settings, "verificationN8", trial));
    const verdict = verified.find("verification/verdict", verdictGiven);
    if (verdict === undefined) continue;
    const candidates = dreamedCandidates(verified, auditedCandidates);
    const actual: number[] = [];
    for (const candidate of candidates) {
      const outcome = (await readSession(log, auditSession(settings, trial, candidate))).find(
        "final/score",
        outcomeScored,
      );
      actual.push(outcome?.payload.errorM ?? Infinity);
      if (outcome !== undefined) causes.push(outcome);
    }
    causes.push(verdict);
    groups.push({ judged: verdict.payload.distances, actual });
  }
  if (groups.length === 0) return;
  await recorder.derived(
    "judge",
    judgeMeasured,
    { producer: exactProducer("app.judgeMeasurement", 1), causes },
    () => measureAgreement(groups),
  );
}

function dreamedCandidates(events: SessionEvents, count: number): number[] {
  return Array.from({ length: count }, (_, candidate) => candidate).filter(
    (candidate) => events.find(`candidate/${candidate}/dream`, dreamImagined) !== undefined,
  );
}

/** What the final object frame is predicted to be, in pixels; null where a trial shows nothing. */
type Prediction = (events: SessionEvents) => Promise<{
  readonly image: RgbImage;
  readonly causes: readonly StoredEvent[];
} | null>;

/** Predictions of executed actions against what really happened, over the final object frame. */
async function measureDreams(context: RunContext, recorder: SessionRecorder): Promise<void> {
  const { blobs } = context.open;
  const segmenter = createColourSegmenter();
  await measureVariant(context, recorder, "objectOnly", async (events) => {
    const dream = dreamOfChoice(events, "dream");
    return dream && { image: await lastFrameOf(blobs, dream), causes: [dream] };
  });
  await measureVariant(context, recorder, "copyFirstFrame", async (events) => {
    const first = events.get("start/crop/objectOnly", cropTaken);
    return { image: await loadImage(blobs, first.payload.image), causes: [first] };
  });
  if (context.settings.worldModel.fullSceneSteps === 0) return;
  await measureVariant(context, recorder, "fullScene", async (events) => {
    const dream = dreamOfChoice(events, "fullSceneDream");
    if (dream === null) return null;
    const first = events.get("start/crop/fullScene", cropTaken);
    const box = events.get("start/box", objectBoxLabelled);
    const camera = events.get("camera", cameraCalibrated);
    const scene = {
      firstCrop: await loadImage(blobs, first.payload.image),
      box: box.payload.box,
      camera: cameraOf(camera),
    };
    const image = await objectInDream(segmenter, scene, await lastFrameOf(blobs, dream));
    return { image, causes: [dream, first, box, camera] };
  });
}

async function measureVariant(
  context: RunContext,
  recorder: SessionRecorder,
  variant: PayloadOf<typeof dreamsMeasured>["variant"],
  predict: Prediction,
): Promise<void> {
  const { log, blobs } = context.open;
  const causes: StoredEvent[] = [];
  let psnrSum = 0;
  let iouSum = 0;
  let clips = 0;
  for (const trial of evaluationTrials(context.settings)) {
    const events = await readSession(log, trialSession(context.settings, "zeroShot", trial));
    const final = events.find("final/crop/objectOnly", cropTaken);
    const prediction = final === undefined ? null : await predict(events);
    if (final === undefined || prediction === null) continue;
    const happened = await loadImage(blobs, final.payload.image);
    causes.push(...prediction.causes, final);
    psnrSum += psnrDb(prediction.image, happened);
    iouSum += objectIou(prediction.image, happened);
    clips += 1;
  }
  if (clips === 0) return;
  await recorder.derived(
    `dreams/${variant}`,
    dreamsMeasured,
    { producer: exactProducer("app.dreamMeasurement", 2, { variant }), causes },
    () => ({ variant, clips, psnrDb: psnrSum / clips, objectIou: iouSum / clips }),
  );
}

/** The dream of the action that was carried out; null where none was. */
function dreamOfChoice(events: SessionEvents, role: string): DreamEvent | null {
  const choice = events.find("choice", actionChosen);
  if (choice === undefined) return null;
  return events.find(`candidate/${choice.payload.candidate}/${role}`, dreamImagined) ?? null;
}

async function lastFrameOf(blobs: BlobStore, dream: DreamEvent): Promise<RgbImage> {
  const { widthPx, heightPx, frames } = await loadDream(blobs, dream);
  return createRgbImage(widthPx, heightPx, frames.at(-1));
}
