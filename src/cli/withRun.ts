import { openLog, type OpenLog } from "../../store/openLog.ts";
import type { Progress } from "../app/progress.ts";
import { interrupted, type RunContext } from "../app/runContext.ts";
import type { RunModelTexts } from "../app/runModels.ts";
import type { RunSettings } from "../app/settings.ts";
import { createSystemClock } from "../core/clock.ts";
import { watchForInterruption } from "./interruption.ts";
import { prepareOutputFolder } from "./outputFolder.ts";
import { createProgressLine } from "./progressLine.ts";
import { resolvePaths, resolveSettings, type RunOptions, type SettingsOf } from "./runOptions.ts";

/** What one stage said when it ended. */
export interface StageNote {
  readonly stage: string;
  readonly summary: string;
}

/**
 * Opens the log of a run, lets `use` work on it with progress on standard error, and closes it
 * again, whatever happens.
 *
 * @param command - what the user called, for the error of an interruption.
 * @throws {DreamlogError} `INTERRUPTED` after Ctrl-C, and whatever opening and working throw.
 */
export async function withRun<Result>(
  command: string,
  options: RunOptions,
  settings: { readonly settingsOf: SettingsOf; readonly mode: "create" | "existing" },
  use: (context: RunContext, notes: readonly StageNote[]) => Promise<Result>,
): Promise<Result> {
  const { logPath, outDir } = resolvePaths(options);
  const presetSettings = resolveSettings(options, settings.settingsOf);
  const chosenSettings = await withModels(presetSettings, options);
  return withInterruption(command, async (working, notes) => {
    // Before the log is there: weights that are missing leave none behind.
    const runSettings = await withSegmenter(chosenSettings, options.segmenter, working);
    return withOpenLog({ path: logPath, mode: settings.mode }, async (open) => {
      prepareOutputFolder(outDir);
      const context = { ...working, open, settings: runSettings, outDir, jobs: options.jobs };
      return use(context, notes);
    });
  });
}

async function withSegmenter(
  settings: RunSettings,
  spec: string | undefined,
  working: Pick<RunContext, "progress" | "signal">,
): Promise<RunSettings> {
  if (spec === undefined) return settings;
  // Loaded here, for it brings the engine with it.
  const { resolveSegmenter } = await import("../app/segmenterSpec.ts");
  const segmenter = await resolveSegmenter(spec, working);
  return segmenter.kind === "colour" ? settings : { ...settings, segmenter };
}

async function withModels(settings: RunSettings, texts: RunModelTexts): Promise<RunSettings> {
  const { collector, worldModel, judge } = texts;
  if ((collector ?? worldModel ?? judge) === undefined) return settings;
  // Loaded here, for it brings every judge with it.
  const { parseRunModels } = await import("../app/runModels.ts");
  return { ...settings, models: parseRunModels(texts) };
}

/** The same for a command that finds the settings of its run in the log. */
export async function withInterruptibleLog<Result>(
  command: string,
  log: { readonly path: string; readonly mode: "create" | "existing" },
  use: (
    working: Pick<RunContext, "open" | "progress" | "signal">,
    notes: readonly StageNote[],
  ) => Promise<Result>,
): Promise<Result> {
  return withInterruption(command, (working, notes) =>
    withOpenLog(log, (open) => use({ ...working, open }, notes)),
  );
}

/** Ctrl-C aborts the signal, and what comes of that is an interruption whatever failed of it. */
async function withInterruption<Result>(
  command: string,
  use: (
    working: Pick<RunContext, "progress" | "signal">,
    notes: readonly StageNote[],
  ) => Promise<Result>,
): Promise<Result> {
  const notes: StageNote[] = [];
  const interruption = watchForInterruption(() => {
    process.stderr.write("\nstopping after what is under way; Ctrl-C again ends it at once\n");
  });
  const { signal } = interruption;
  try {
    const progress = noting(createProgressLine(process.stderr), notes);
    return await use({ progress, signal }, notes);
  } catch (error) {
    // The terminal sends Ctrl-C to child processes too, so an item under way may fail from it.
    throw signal.aborted ? interrupted(command) : error;
  } finally {
    interruption.release();
  }
}

async function withOpenLog<Result>(
  log: { readonly path: string; readonly mode: "create" | "existing" },
  use: (open: OpenLog) => Promise<Result>,
): Promise<Result> {
  const open = openLog({ ...log, clock: createSystemClock() });
  try {
    return await use(open);
  } finally {
    await open.close();
  }
}

/** Passes progress on and keeps what each stage said at its end. */
function noting(progress: Progress, notes: StageNote[]): Progress {
  let stage = "";
  return {
    begin(name, total) {
      stage = name;
      progress.begin(name, total);
    },
    advance: (count, note) => progress.advance(count, note),
    end(summary) {
      notes.push({ stage, summary });
      progress.end(summary);
    },
  };
}
