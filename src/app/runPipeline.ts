import { createStopwatch } from "../core/clock.ts";
import { DreamlogError } from "../core/errors.ts";
import type { SessionId } from "../events/envelope.ts";
import { nameOfRun } from "./branches/runBranch.ts";
import { summarySession } from "./evaluationTrials.ts";
import { sessionName, startsOf, type RunContext } from "./runContext.ts";
import type { RunSettings } from "./settings.ts";
import { collect } from "./stages/collect.ts";
import { dream } from "./stages/dream.ts";
import { evaluate } from "./stages/evaluate.ts";
import { judge } from "./stages/judge.ts";
import { orpo } from "./stages/orpo.ts";
import { addStageTime, clearStageTimes, readStageTimes } from "./report/stageTimes.ts";
import type { WrittenReport } from "./report/writeReport.ts";
import { report } from "./stages/report.ts";
import { trainWorldModel, worldModelSession } from "./stages/trainWorldModel.ts";

/** The stages that write the log, in order, by the names of their commands. */
export const stageNames = [
  "collect",
  "train-world-model",
  "dream",
  "judge",
  "orpo",
  "evaluate",
] as const;
export type StageName = (typeof stageNames)[number];

interface Stage {
  readonly run: (context: RunContext) => Promise<void>;
  /** Sessions that are all closed once the stage is complete. */
  readonly sessionsOf: (settings: RunSettings) => readonly SessionId[];
}

const stages: Readonly<Record<StageName, Stage>> = {
  collect: { run: collect, sessionsOf: (settings) => sessionOfEachStart(settings, "collect") },
  "train-world-model": {
    run: trainWorldModel,
    sessionsOf: (settings) => [
      worldModelSession(settings, "objectOnly"),
      ...(settings.worldModel.fullSceneSteps > 0 ? [worldModelSession(settings, "fullScene")] : []),
    ],
  },
  dream: { run: dream, sessionsOf: (settings) => sessionOfEachStart(settings, "dream") },
  judge: { run: judge, sessionsOf: (settings) => [sessionName(settings, "judge")] },
  orpo: {
    run: orpo,
    sessionsOf: (settings) => [
      sessionName(settings, "orpo", "orpo"),
      sessionName(settings, "orpo", "dreamplanEq5"),
    ],
  },
  evaluate: { run: evaluate, sessionsOf: (settings) => [summarySession(settings)] },
};

function sessionOfEachStart(settings: RunSettings, stage: string): SessionId[] {
  return startsOf(settings.startsPerTask).map(({ task, index }) =>
    sessionName(settings, stage, task, index),
  );
}

/**
 * Runs one stage. What the log holds of it already is not computed again.
 *
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when the stage before it has not run to its end;
 *   `INTERRUPTED` once the context's signal is aborted; whatever the stage itself throws.
 */
export async function runStage(context: RunContext, name: StageName): Promise<void> {
  const before = stageNames[stageNames.indexOf(name) - 1];
  if (before !== undefined) await requireStage(context, before, name);
  await stages[name].run(context);
}

/** The same, and notes in the output folder how long it took, for the report; also when it ends early. */
export async function runTimedStage(context: RunContext, name: StageName): Promise<void> {
  const { outDir, settings, open } = context;
  if ((await open.log.lastPosition()) === 0) await clearStageTimes(outDir, settings);
  const watch = createStopwatch();
  try {
    await runStage(context, name);
  } finally {
    await addStageTime(outDir, settings, { stage: name, seconds: watch.seconds() });
  }
}

/**
 * Writes the report of a run whose evaluation is in the log.
 *
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when there is no finished evaluation.
 */
export async function runReport(context: RunContext): Promise<WrittenReport> {
  await requireStage(context, "evaluate", "report");
  return report(context, await readStageTimes(context.outDir, context.settings));
}

/** The whole loop: every stage in order, then the report. */
export async function runPipeline(context: RunContext): Promise<WrittenReport> {
  for (const [at, stage] of stageNames.entries()) {
    await runTimedStage(numbered(context, at + 1), stage);
  }
  return runReport(numbered(context, stageNames.length + 1));
}

/** Tells in the progress of a stage how far the whole run is. */
function numbered(context: RunContext, number: number): RunContext {
  const { progress } = context;
  // The report is the last.
  const total = stageNames.length + 1;
  return {
    ...context,
    progress: {
      ...progress,
      begin: (stage, items) => progress.begin(`${number}/${total} ${stage}`, items),
    },
  };
}

async function requireStage(
  { settings, open }: RunContext,
  needed: StageName,
  wanted: string,
): Promise<void> {
  const known = new Map(
    (await open.log.sessions(nameOfRun(settings.seed, []))).map(({ id, isClosed }) => [
      id,
      isClosed,
    ]),
  );
  const sessions = stages[needed].sessionsOf(settings);
  const finished = sessions.filter((session) => known.get(session) === true).length;
  if (finished === sessions.length) return;
  const { preset, seed } = settings;
  throw new DreamlogError(
    "STAGE_INCOMPLETE",
    `${wanted} needs a finished ${needed} of preset ${preset}, seed ${seed}: expected ${sessions.length} closed sessions in ${open.path}, found ${finished}; run "dreamlog ${needed}" with the same --preset, --seed and --log first`,
    { stage: wanted, needed, expected: sessions.length, found: finished, path: open.path },
  );
}
