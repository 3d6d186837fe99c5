import { tasks, type Task } from "../../core/cell.ts";
import { invariant } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import {
  dreamsMeasured,
  judgeMeasured,
  methodEvaluated,
  outcomeScored,
} from "../../events/evaluation.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { EventsByRole } from "../collectedSession.ts";
import type { RunSettings } from "../settings.ts";
import { averageOverTasks } from "./bootstrap.ts";
import { methods, type Method, type ReportSummary, type ScoreRow } from "./reportData.ts";

type Evaluated = StoredEvent<PayloadOf<typeof methodEvaluated>>;

/**
 * Score rows of every method that was evaluated, task by task and averaged over the tasks.
 *
 * @param settings - of the evaluation, which says how many trials there were to be.
 * @param summary - events of the evaluation's summary session.
 */
export async function readScores(
  log: EventLog,
  { trialsPerTask, oracleTrialsPerTask }: RunSettings["evaluation"],
  summary: EventsByRole,
): Promise<readonly ScoreRow[]> {
  const rows: ScoreRow[] = [];
  for (const method of methods) {
    const byTask: { task: Task; event: Evaluated }[] = [];
    for (const task of tasks) {
      const event = summary.find(`${method}/${task}`, methodEvaluated);
      if (event !== undefined) byTask.push({ task, event });
    }
    if (byTask.length === 0) continue;
    const planned = Math.min(trialsPerTask, method === "oracle" ? oracleTrialsPerTask : Infinity);
    for (const { task, event } of byTask) {
      const { mean, low, high, trials } = event.payload;
      rows.push({ method, task, mean, low, high, trials, leftOut: planned - trials });
    }
    const scores: number[][] = [];
    for (const { event } of byTask) scores.push(await scoresOf(log, event));
    const leftOut = rows.reduce((sum, row) => sum + (row.method === method ? row.leftOut : 0), 0);
    rows.push({ ...averageRow(method, scores), leftOut });
  }
  return rows;
}

/** One score a trial; a trial in which nothing could be carried out has no outcome and scored 0. */
async function scoresOf(log: EventLog, event: Evaluated): Promise<number[]> {
  const scores = Array.from({ length: event.payload.trials }, () => 0);
  for (const [at, position] of event.causes.entries()) {
    const outcome = await log.get(position);
    invariant(outcome?.type === outcomeScored.type, `${event.id} names the outcomes it averages`);
    scores[at] = (outcome as StoredEvent<PayloadOf<typeof outcomeScored>>).payload.score;
  }
  return scores;
}

function averageRow(
  method: Method,
  scoresByTask: readonly (readonly number[])[],
): Omit<ScoreRow, "leftOut"> {
  const trials = scoresByTask.reduce((sum, scores) => sum + scores.length, 0);
  const interval = averageOverTasks(scoresByTask, { seed: `bootstrap ${method} average` });
  return { method, task: "average", ...interval, trials };
}

/** Dreams against what happened; a variant that was not run is null. */
export function readPsnr(summary: EventsByRole): ReportSummary["psnr"] {
  const of = (variant: PayloadOf<typeof dreamsMeasured>["variant"]) =>
    summary.find(`dreams/${variant}`, dreamsMeasured)?.payload.psnrDb ?? null;
  return {
    objectOnly: of("objectOnly"),
    fullScene: of("fullScene"),
    copyFirstFrame: of("copyFirstFrame"),
  };
}

/** The judge against the truth; null when no start was audited. */
export function readJudge(summary: EventsByRole): ReportSummary["judge"] {
  const event = summary.find("judge", judgeMeasured);
  if (event === undefined) {
    return { topThreeRate: null, topOneRate: null, kendallTau: null, groups: 0 };
  }
  const { topThreeRate, topOneRate, kendallTau, groups } = event.payload;
  return { topThreeRate, topOneRate, kendallTau, groups };
}
