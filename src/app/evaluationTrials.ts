import { tasks, type Task } from "../core/cell.ts";
import type { SessionId, StoredEvent } from "../events/envelope.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import { sessionClosed } from "../events/session.ts";
import type { EventLog } from "../ports/eventLog.ts";
import type { Method } from "./report/reportData.ts";
import { parentOf, sessionName } from "./runContext.ts";
import type { RunSettings } from "./settings.ts";

/** One evaluation start. */
export interface EvaluationTrial {
  readonly task: Task;
  /** Number of the start; a start is the same in every run, whatever else the run computes. */
  readonly start: number;
}

/** The first `perTask` evaluation starts of every task. */
export function evaluationTrials(
  { evaluation }: RunSettings,
  perTask: number = evaluation.trialsPerTask,
): readonly EvaluationTrial[] {
  const count = Math.min(perTask, evaluation.trialsPerTask);
  return tasks.flatMap((task) =>
    Array.from({ length: count }, (_, at) => ({ task, start: evaluation.firstSeed + at })),
  );
}

/** Without the trials on starts that could not be observed: those are in no mean. */
export async function observedTrials(
  log: Pick<EventLog, "findById">,
  settings: RunSettings,
  trials: readonly EvaluationTrial[],
): Promise<readonly EvaluationTrial[]> {
  const observed: EvaluationTrial[] = [];
  for (const trial of trials) {
    const closed = await log.findById(`${sceneSession(settings, trial)}#closed`);
    const isFailed =
      closed?.type === sessionClosed.type &&
      (closed as StoredEvent<PayloadOf<typeof sessionClosed>>).payload.reason === "failed";
    if (!isFailed) observed.push(trial);
  }
  return observed;
}

/** Evaluation starts are named apart from training starts, so no start is both. */
export function evaluationStartSeed({ task, start }: EvaluationTrial): string {
  return `evaluate/${task}/${start}`;
}

/** The session that observes a start; those of the methods branch from it. */
export function sceneSession(settings: RunSettings, { task, start }: EvaluationTrial): SessionId {
  return sessionName(settings, "evaluate", "start", task, start);
}

export function trialSession(
  settings: RunSettings,
  method: Method,
  { task, start }: EvaluationTrial,
): SessionId {
  return sessionName(settings, "evaluate", method, task, start);
}

/** Carries out one candidate of explicit verification, whatever the judge said of it. */
export function auditSession(
  settings: RunSettings,
  { task, start }: EvaluationTrial,
  candidate: number,
): SessionId {
  return sessionName(settings, "evaluate", "audit", task, start, candidate);
}

/** Holds the figures over all starts of one evaluation; another range of starts gets another. */
export function summarySession(settings: RunSettings): SessionId {
  return sessionName(settings, ...summaryPath(settings));
}

/** Where a branch's summary leaves that of its parent. */
export function summaryParent(settings: RunSettings): ReturnType<typeof parentOf> {
  return parentOf(settings, ...summaryPath(settings));
}

function summaryPath({ evaluation: { firstSeed, trialsPerTask } }: RunSettings): string[] {
  return ["evaluate", "summary", `${firstSeed}..${firstSeed + trialsPerTask - 1}`];
}
