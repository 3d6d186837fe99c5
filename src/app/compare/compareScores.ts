import { tasks, type Task } from "../../core/cell.ts";
import { averageOverTasks, bootstrapInterval, type Interval } from "../report/bootstrap.ts";
import { methods, type Method } from "../report/reportData.ts";
import type { MethodScores } from "./readResults.ts";

/** How one method's score differs between two runs on the starts that both were evaluated on. */
export interface ScoreChange {
  readonly method: Method;
  readonly task: Task | "average";
  /** Starts with a score on both sides. */
  readonly trials: number;
  readonly meanA: number;
  readonly meanB: number;
  /** Of B − A, with its paired-bootstrap 95 % interval. */
  readonly difference: Interval;
}

interface Paired {
  readonly method: Method;
  readonly task: Task;
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/**
 * Paired comparison: every start is its own control, so what the starts have in common drops out of
 * the interval. Trials that both runs share are one and the same and are left out.
 */
export function compareScores(
  a: readonly MethodScores[],
  b: readonly MethodScores[],
  isShared: (sessionA: string, sessionB: string) => boolean,
): readonly ScoreChange[] {
  return methods.flatMap((method) => {
    const paired = tasks.flatMap((task) => pair(a, b, method, task, isShared));
    if (paired.length === 0) return [];
    return [...paired.map(changeOnTask), averageChange(method, paired)];
  });
}

function pair(
  a: readonly MethodScores[],
  b: readonly MethodScores[],
  method: Method,
  task: Task,
  isShared: (sessionA: string, sessionB: string) => boolean,
): readonly Paired[] {
  const find = (rows: readonly MethodScores[]) =>
    rows.find((row) => row.method === method && row.task === task);
  const [rowA, rowB] = [find(a), find(b)];
  if (rowA === undefined || rowB === undefined) return [];
  const starts = [...rowA.scores.keys()].filter(
    (start) =>
      rowB.scores.has(start) && !isShared(rowA.sessions.get(start)!, rowB.sessions.get(start)!),
  );
  if (starts.length === 0) return [];
  const scores = (row: MethodScores) => starts.map((start) => row.scores.get(start)!);
  return [{ method, task, a: scores(rowA), b: scores(rowB) }];
}

function changeOnTask({ method, task, a, b }: Paired): ScoreChange {
  const difference = bootstrapInterval(differences({ a, b }), { seed: `paired ${method} ${task}` });
  return { method, task, trials: a.length, meanA: mean(a), meanB: mean(b), difference };
}

/** Every task weighs the same, however many starts it has. */
function averageChange(method: Method, paired: readonly Paired[]): ScoreChange {
  return {
    method,
    task: "average",
    trials: paired.reduce((sum, { a }) => sum + a.length, 0),
    meanA: mean(paired.map(({ a }) => mean(a))),
    meanB: mean(paired.map(({ b }) => mean(b))),
    difference: averageOverTasks(paired.map(differences), { seed: `paired ${method} average` }),
  };
}

function differences({ a, b }: Pick<Paired, "a" | "b">): number[] {
  return a.map((score, at) => b[at]! - score);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
