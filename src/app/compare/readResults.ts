import { tasks, type KeypointAction, type Task } from "../../core/cell.ts";
import { invariant } from "../../core/errors.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import { verdictGiven } from "../../events/judging.ts";
import { preferencesPaired } from "../../events/learning.ts";
import { planProposed } from "../../events/planning.ts";
import { derivationReused } from "../../events/session.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import { isA } from "../derivations/rule.ts";
import { evaluationTrials, trialSession } from "../evaluationTrials.ts";
import { methods, type Method } from "../report/reportData.ts";
import { sessionName, startsOf } from "../runContext.ts";
import type { RunSettings } from "../settings.ts";

/** One judged group of candidates. */
export interface JudgedStart {
  /** Such as `rope/00003`. */
  readonly start: string;
  /** What was judged, in the order of `distances`. */
  readonly actions: readonly KeypointAction[];
  /** Smaller is nearer to the goal. */
  readonly distances: readonly number[];
  /** Index of the best in `actions`. */
  readonly best: number;
  /** Pairs that were learned from, as indices [better, worse]. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** Scores of one method on one task: by start, in {0, 0.5, 1}. */
export interface MethodScores {
  readonly method: Method;
  readonly task: Task;
  readonly scores: ReadonlyMap<number, number>;
  /** Names of the trials' sessions, which tell whether two runs share them. */
  readonly sessions: ReadonlyMap<number, string>;
}

/** A run with the log it is in. */
export interface RunInLog {
  readonly log: EventLog;
  readonly settings: RunSettings;
}

/** Every verdict of a run with what it judged, in order of start. */
export async function readVerdicts({ log, settings }: RunInLog): Promise<readonly JudgedStart[]> {
  const events = await readEvents(log, sessionName(settings, "judge"));
  const judged: JudgedStart[] = [];
  for (const { task, index } of startsOf(settings.startsPerTask)) {
    const start = `${task}/${String(index).padStart(5, "0")}`;
    const verdict = events.find(`${start}/verdict`, verdictGiven);
    const paired = events.find(`${start}/pairs`, preferencesPaired);
    if (verdict === undefined || paired === undefined) continue;
    const actions = await judgedActions(log, verdict, paired);
    const { distances, best } = verdict.payload;
    const [better, ...worse] = [paired.payload.positive, ...paired.payload.negatives].map(
      (action) => indexIn(actions, action),
    );
    judged.push({
      start,
      actions,
      distances,
      best,
      pairs: worse.map((index) => [better!, index] as const),
    });
  }
  return judged;
}

/** The candidates behind a verdict's dreams, in their order. */
async function judgedActions(
  log: EventLog,
  verdict: StoredEvent,
  paired: StoredEvent,
): Promise<readonly KeypointAction[]> {
  // `pairPreferences` names the plan first. A judge that was asked has its answers among the causes.
  const plan = await log.get(paired.causes[0]!);
  const judgedBy = await Promise.all(verdict.causes.map((position) => log.get(position)));
  const dreams = judgedBy.filter((event) => event !== undefined && isA(event, dreamImagined));
  return dreams.map((dream) => {
    invariant(plan !== undefined && isA(plan, planProposed), "pairs derive from a plan");
    return plan.payload.candidates[dream.payload.candidate]!.action;
  });
}

/** Scores of every method that the run evaluated, by task. */
export async function readTrialScores(run: RunInLog): Promise<readonly MethodScores[]> {
  const rows: MethodScores[] = [];
  for (const method of methods) {
    for (const task of tasks) {
      const scores = new Map<number, number>();
      const sessions = new Map<number, string>();
      for (const trial of evaluationTrials(run.settings)) {
        if (trial.task !== task) continue;
        const session = trialSession(run.settings, method, trial);
        const score = await scoreOf(run.log, session);
        if (score === null) continue;
        scores.set(trial.start, score);
        sessions.set(trial.start, session);
      }
      if (scores.size > 0) rows.push({ method, task, scores, sessions });
    }
  }
  return rows;
}

/** @returns 0 for a trial in which nothing could be carried out; null for one that was not run. */
async function scoreOf(log: EventLog, session: string): Promise<number | null> {
  if ((await log.session(session)) === undefined) return null;
  const types = [outcomeScored.type, derivationReused.type];
  for (const event of await log.read({ session, types })) {
    const meant = isA(event, derivationReused) ? await log.get(event.causes[0]!) : event;
    if (meant !== undefined && isA(meant, outcomeScored)) return meant.payload.score;
  }
  return 0;
}

function indexIn(actions: readonly KeypointAction[], wanted: KeypointAction): number {
  return actions.findIndex((action) => isSameAction(action, wanted));
}

export function isSameAction(a: KeypointAction, b: KeypointAction): boolean {
  return a.arm === b.arm && a.source === b.source && a.target === b.target;
}
