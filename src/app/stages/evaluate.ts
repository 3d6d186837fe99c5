import { tasks, type Task } from "../../core/cell.ts";
import { cameraCalibrated, objectBoxLabelled } from "../../events/environment.ts";
import { cropTaken } from "../../events/perception.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { verdictGiven } from "../../events/judging.ts";
import { actionChosen } from "../../events/planning.ts";
import { sessionClosed } from "../../events/session.ts";
import { createColourSegmenter } from "../../perception/colourSegmenter.ts";
import { readSession, type SessionEvents } from "../collectedSession.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { evaluateMethod, evaluationProducer } from "../derivations/evaluateMethod.ts";
import { dreamMeasurementProducer, measureDreams, type MeasuredVariant } from "../derivations/measureDreams.ts"; // prettier-ignore
import { judgeMeasurementProducer, measureJudge } from "../derivations/measureJudge.ts";
import type { DreamEvent } from "../dreamCandidates.ts";
import type { EvaluateJob, EvaluateSetup, MethodSpec } from "../evaluateWorker.ts";
import {
  auditSession,
  evaluationStartSeed,
  evaluationTrials,
  observedTrials,
  sceneSession,
  summaryParent,
  summarySession,
  trialSession,
  type EvaluationTrial,
} from "../evaluationTrials.ts";
import { judgeOf } from "../runModels.ts";
import { methods, type Method } from "../report/reportData.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { requireRunning, runOnWorkers, type RunContext } from "../runContext.ts";
import { isRemoteSource } from "../dreamer.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { importCheckpoints } from "./importCheckpoints.ts";
import { dreamingModel, sourceOf } from "./dreamingModel.ts";
import { trainedPlanner } from "./orpo.ts";
import { trainedWorldModel } from "./trainWorldModel.ts";

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
    dreamer: await dreamingModel(context),
    fullScene:
      settings.worldModel.fullSceneSteps === 0
        ? null
        : sourceOf(settings, await trainedWorldModel(context, "fullScene")),
    judge: judgeOf(settings),
    ...(settings.segmenter === undefined ? {} : { segmenter: settings.segmenter }),
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
    endsAtOnce: isRemoteSource(setup.dreamer),
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
  await measureJudgement(context, recorder);
  await measurePredictions(context, recorder, "objectOnly");
  await measurePredictions(context, recorder, "copyFirstFrame");
  if (settings.worldModel.fullSceneSteps > 0) {
    await measurePredictions(context, recorder, "fullScene");
  }
  await closeSession(recorder, "completed");
}

async function summariseMethod(
  context: RunContext,
  recorder: SessionRecorder,
  method: Method,
  task: Task,
): Promise<void> {
  const { trialsPerTask, oracleTrialsPerTask } = context.settings.evaluation;
  const { settings, open } = context;
  const planned =
    method === "oracle" ? Math.min(oracleTrialsPerTask, trialsPerTask) : trialsPerTask;
  const ofTask = evaluationTrials(settings, planned).filter((trial) => trial.task === task);
  const observed = await observedTrials(open.log, settings, ofTask);
  const trials = observed.length;
  if (trials === 0) return;
  const outcomes: Outcome[] = [];
  for (const trial of observed) {
    const session = trialSession(settings, method, trial);
    const events = await readSession(open.log, session);
    const outcome = events.find("final/score", outcomeScored);
    if (outcome !== undefined) outcomes.push(outcome);
  }
  await deriveBy(
    recorder,
    evaluateMethod,
    {
      name: `${method}/${task}`,
      producer: evaluationProducer({ method, task, trials }),
      causes: outcomes,
      seed: `bootstrap ${method} ${task}`,
    },
    {},
  );
}

/** Holds the judge's choice among eight dreams against what all eight candidates really did. */
async function measureJudgement(context: RunContext, recorder: SessionRecorder): Promise<void> {
  const { settings, open } = context;
  const { log } = open;
  const causes: StoredEvent[] = [];
  const audited = evaluationTrials(settings, settings.evaluation.auditedStartsPerTask);
  for (const trial of await observedTrials(log, settings, audited)) {
    const verified = await readSession(log, trialSession(settings, "verificationN8", trial));
    const verdict = verified.find("verification/verdict", verdictGiven);
    if (verdict === undefined) continue;
    for (const candidate of dreamedCandidates(verified, auditedCandidates)) {
      const audit = await readSession(log, auditSession(settings, trial, candidate));
      // Of a trial without an outcome the end stands for it.
      causes.push(audit.find("final/score", outcomeScored) ?? audit.get("closed", sessionClosed));
    }
    causes.push(verdict);
  }
  if (causes.length === 0) return;
  await deriveBy(recorder, measureJudge, { name: "judge", producer: judgeMeasurementProducer, causes }, {}); // prettier-ignore
}

function dreamedCandidates(events: SessionEvents, count: number): number[] {
  return Array.from({ length: count }, (_, candidate) => candidate).filter(
    (candidate) => events.find(`candidate/${candidate}/dream`, dreamImagined) !== undefined,
  );
}

/** What a variant predicts the final object frame of a trial from; null where there is nothing. */
const predictedFrom: Readonly<
  Record<MeasuredVariant, (events: SessionEvents) => readonly StoredEvent[] | null>
> = {
  objectOnly(events) {
    const dream = dreamOfChoice(events, "dream");
    return dream && [dream];
  },
  copyFirstFrame: (events) => [events.get("start/crop/objectOnly", cropTaken)],
  fullScene(events) {
    const dream = dreamOfChoice(events, "fullSceneDream");
    return (
      dream && [
        dream,
        events.get("start/crop/fullScene", cropTaken),
        events.get("start/box", objectBoxLabelled),
        events.get("camera", cameraCalibrated),
      ]
    );
  },
};

/** Predictions of executed actions against what really happened, over the final object frame. */
async function measurePredictions(
  context: RunContext,
  recorder: SessionRecorder,
  variant: MeasuredVariant,
): Promise<void> {
  const { settings, open } = context;
  const causes: StoredEvent[] = [];
  for (const trial of await observedTrials(open.log, settings, evaluationTrials(settings))) {
    const session = trialSession(settings, "zeroShot", trial);
    const events = await readSession(open.log, session);
    const final = events.find("final/crop/objectOnly", cropTaken);
    const from = final === undefined ? null : predictedFrom[variant](events);
    if (final !== undefined && from !== null) causes.push(...from, final);
  }
  if (causes.length === 0) return;
  await deriveBy(
    recorder,
    measureDreams,
    { name: `dreams/${variant}`, producer: dreamMeasurementProducer(variant), causes },
    { media: recorder.media, segmenter: createColourSegmenter() },
  );
}

/** The dream of the action that was carried out; null where none was. */
function dreamOfChoice(events: SessionEvents, role: string): DreamEvent | null {
  const choice = events.find("choice", actionChosen);
  if (choice === undefined) return null;
  return events.find(`candidate/${choice.payload.candidate}/${role}`, dreamImagined) ?? null;
}
