import { setImmediate } from "node:timers/promises";
import { from, lastValueFrom, mergeMap, takeWhile, tap, toArray } from "rxjs";
import { tasks, type Task } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import type { EventId, SessionId } from "../events/envelope.ts";
import { createWorkerPool } from "../workers/workerPool.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { formerOwnerOf, nameOfRun, ownerOf } from "./branches/runBranch.ts";
import type { Progress } from "./progress.ts";
import type { RunSettings } from "./settings.ts";

/** What every stage of a run works with. */
export interface RunContext {
  readonly settings: RunSettings;
  readonly open: OpenLog;
  readonly outDir: string;
  readonly progress: Progress;
  /** Aborted by Ctrl-C: no new item is begun, the ones under way are finished. */
  readonly signal: AbortSignal;
  /** Worker threads. */
  readonly jobs: number;
}

/**
 * Name of a session. Those of a run begin with its seed, so one log can hold several runs; a branch
 * of a run has sessions of its own for what it recomputes, and shares all others with its parent.
 *
 * @param parts - numbers are padded, so that names sort as numbers do; none names the run itself.
 */
export function sessionName(
  { seed, branch }: Pick<RunSettings, "seed" | "branch">,
  ...parts: readonly (string | number)[]
): SessionId {
  const steps = branch?.steps ?? [];
  if (parts.length === 0) return nameOfRun(seed, steps);
  const path = pathOf(parts);
  return `${ownerOf(seed, steps, path)}/${path}`;
}

/**
 * Where a branch's session leaves the one of the same name in its parent: at the first event, for all
 * after it is recomputed. For `startSession`; empty in a run that is no branch.
 */
export function parentOf(
  { seed, branch }: RunSettings,
  ...parts: readonly (string | number)[]
): { readonly parent?: { readonly session: SessionId; readonly event: EventId } } {
  const path = pathOf(parts);
  const owner = formerOwnerOf(seed, branch?.steps ?? [], path);
  if (owner === undefined) return {};
  const session = `${owner}/${path}`;
  return { parent: { session, event: `${session}#started` } };
}

function pathOf(parts: readonly (string | number)[]): string {
  return parts
    .map((part) => (typeof part === "number" ? String(part).padStart(5, "0") : part))
    .join("/");
}

/** One start for each index of each task. */
export function startsOf(
  countPerTask: Readonly<Record<Task, number>>,
): readonly { readonly task: Task; readonly index: number }[] {
  return tasks.flatMap((task) =>
    Array.from({ length: countPerTask[task] }, (_, index) => ({ task, index })),
  );
}

/**
 * Name of a collected start. Those of evaluation begin with `evaluate/` and those of pretraining with
 * `pretrain/`, so no start is ever in two of the three sets.
 */
export function trainingStartSeed(seed: string, task: Task, index: number): string {
  return `train/${seed}/${task}/${index}`;
}

/**
 * Runs one job per item on worker threads. Sessions are independent of one another, so their order of
 * completion means nothing; results come back in the order of the items.
 *
 * @throws {DreamlogError} `INTERRUPTED` when the run was asked to stop before the last item.
 */
export async function runOnWorkers<Item, Job, Result>(
  context: RunContext,
  work: {
    readonly stage: string;
    /** Whether Ctrl-C ends the items under way, too: those that wait for a service go on where they were. */
    readonly endsAtOnce?: boolean;
    readonly module: URL;
    readonly setup: unknown;
    readonly items: readonly Item[];
    readonly jobOf: (item: Item) => Job;
    readonly noteOf?: (result: Result) => string;
    readonly summaryOf: (results: readonly Result[]) => string;
  },
): Promise<readonly Result[]> {
  const { progress, signal, jobs } = context;
  progress.begin(work.stage, work.items.length);
  const size = Math.max(1, Math.min(jobs, work.items.length));
  const pool = createWorkerPool<Job, Result>({ module: work.module, size, setup: work.setup });
  const end = () => void pool.close();
  if (work.endsAtOnce === true) signal.addEventListener("abort", end, { once: true });
  try {
    const results$ = from(work.items.entries()).pipe(
      takeWhile(() => !signal.aborted),
      // mergeMap's concurrency bounds what waits in the pool to one job a thread.
      mergeMap(async ([at, item]) => ({ at, result: await pool.run(work.jobOf(item)) }), size),
      tap(({ result }) => progress.advance(1, work.noteOf?.(result) ?? "")),
      toArray(),
    );
    const finished = await lastValueFrom(results$);
    if (finished.length < work.items.length) throw interrupted(work.stage);
    const results = finished.sort((a, b) => a.at - b.at).map(({ result }) => result);
    progress.end(work.summaryOf(results));
    return results;
  } finally {
    signal.removeEventListener("abort", end);
    await pool.close();
  }
}

export function interrupted(stage: string): DreamlogError {
  return new DreamlogError(
    "INTERRUPTED",
    `${stage} was interrupted; the log is whole: run the same command again to go on from here`,
    { stage },
  );
}

/**
 * Lets the event loop turn, so that Ctrl-C is heard by a stage that works on this thread.
 *
 * @throws {DreamlogError} `INTERRUPTED` once the run was asked to stop.
 */
export async function requireRunning(context: RunContext, stage: string): Promise<void> {
  await setImmediate();
  if (context.signal.aborted) throw interrupted(stage);
}
