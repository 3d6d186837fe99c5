import { tasks, type Task } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { planProposed } from "../../events/planning.ts";
import { branchNameFrom } from "../branches/branchName.ts";
import { parsePlannerChoice } from "../branches/plannerChoice.ts";
import { resolvePlanner } from "../branches/resolvePlanner.ts";
import { readSession } from "../collectedSession.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { evaluateMethod, evaluationProducer } from "../derivations/evaluateMethod.ts";
import {
  evaluationStartSeed,
  evaluationTrials,
  sceneSession,
  type EvaluationTrial,
} from "../evaluationTrials.ts";
import type { EvaluateJob, EvaluateSetup } from "../evaluateWorker.ts";
import { judgeOf } from "../runModels.ts";
import { runOnWorkers, sessionName, type RunContext } from "../runContext.ts";
import { isRemoteSource } from "../dreamer.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { dreamingModel } from "./dreamingModel.ts";

/** How one planner did on one task. */
export interface PlannerRow {
  readonly task: Task;
  /** Over the trials in which the planner named a move; null where it named none. */
  readonly score: { readonly mean: number; readonly low: number; readonly high: number } | null;
  readonly trials: number;
  /** Trials without a move that could be read: told apart, and in no mean. */
  readonly unanswered: number;
}

/**
 * One planner on the held-out starts of a run, one primitive each: how a fine-tuned model behind a
 * service is measured.
 *
 * @param text - the planner as the command line names it.
 * @throws {DreamlogError} `ARGUMENT_INVALID`, `STAGE_INCOMPLETE`; `REMOTE_UNAVAILABLE` when the service
 *   is gone: the same command goes on where it stopped.
 */
export async function evaluatePlanner(
  context: RunContext,
  text: string,
): Promise<{ readonly planner: string; readonly rows: readonly PlannerRow[] }> {
  const { settings, open } = context;
  const choice = parsePlannerChoice(text);
  if (choice.kind === "file") {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      "expected a planner of the run or behind a service, found a file; use: dreamlog replan LOG --planner file:path=…",
    );
  }
  const planner = await resolvePlanner(open.log, settings, choice, null);
  const method = `planner-${branchNameFrom(text)}`;
  const setup: EvaluateSetup = {
    logPath: open.path,
    dreamer: await dreamingModel(context),
    fullScene: null,
    judge: judgeOf(settings),
    ...(settings.segmenter === undefined ? {} : { segmenter: settings.segmenter }),
  };
  const sessionOf = ({ task, start }: EvaluationTrial) =>
    sessionName(settings, "evaluate", method, task, start);
  const trials = evaluationTrials(settings);
  await runOnWorkers<EvaluationTrial, EvaluateJob, number>(context, {
    stage: "evaluate",
    endsAtOnce: planner.kind === "openai" || isRemoteSource(setup.dreamer),
    module: new URL("../evaluateWorker.ts", import.meta.url),
    setup,
    items: trials,
    jobOf: (trial) => ({
      task: trial.task,
      startSeed: evaluationStartSeed(trial),
      startSession: sceneSession(settings, trial),
      methods: [{ session: sessionOf(trial), method, spec: { kind: "planner", planner } }],
    }),
    summaryOf: (counts) => `${counts.length} trials`,
  });
  const { firstSeed, trialsPerTask } = settings.evaluation;
  const range = `${firstSeed}..${firstSeed + trialsPerTask - 1}`;
  const recorder = recorderFor({ open }, sessionName(settings, "evaluate", method, range));
  await startSession(recorder, {
    purpose: "evaluationSummary",
    task: null,
    seed: settings.seed,
    settings: { ...settings.evaluation, planner },
  });
  const rows: PlannerRow[] = [];
  for (const task of tasks) {
    const sessions = trials.filter((trial) => trial.task === task).map(sessionOf);
    if (sessions.length > 0)
      rows.push(await summarise(context, recorder, { method, task, sessions }));
  }
  await closeSession(recorder, "completed");
  return { planner: text, rows };
}

async function summarise(
  { open }: RunContext,
  recorder: SessionRecorder,
  row: { readonly method: string; readonly task: Task; readonly sessions: readonly string[] },
): Promise<PlannerRow> {
  const { method, task, sessions } = row;
  const outcomes: StoredEvent<PayloadOf<typeof outcomeScored>>[] = [];
  let unanswered = 0;
  for (const session of sessions) {
    const events = await readSession(open.log, session);
    if (events.find("plan", planProposed) === undefined) unanswered += 1;
    const outcome = events.find("final/score", outcomeScored);
    if (outcome !== undefined) outcomes.push(outcome);
  }
  const trials = sessions.length - unanswered;
  if (trials === 0) return { task, score: null, trials, unanswered };
  const { payload } = await deriveBy(
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
  const { mean, low, high } = payload;
  return { task, score: { mean, low, high }, trials, unanswered };
}
