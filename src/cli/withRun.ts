import { openLog } from "../../store/openLog.ts";
import type { Progress } from "../app/progress.ts";
import { interrupted, type RunContext } from "../app/runContext.ts";
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
 * Opens the log, lets `use` work on the run with progress on standard error, and closes it again,
 * whatever happens.
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
  const runSettings = resolveSettings(options, settings.settingsOf);
  const open = openLog({ path: logPath, clock: createSystemClock(), mode: settings.mode });
  const notes: StageNote[] = [];
  const interruption = watchForInterruption(() => {
    process.stderr.write("\nstopping after what is under way; Ctrl-C again ends it at once\n");
  });
  const { signal } = interruption;
  try {
    prepareOutputFolder(outDir);
    const context: RunContext = {
      settings: runSettings,
      open,
      outDir,
      progress: noting(createProgressLine(process.stderr), notes),
      signal,
      jobs: options.jobs,
    };
    return await use(context, notes);
  } catch (error) {
    // The terminal sends Ctrl-C to child processes too, so an item under way may fail from it.
    throw signal.aborted ? interrupted(command) : error;
  } finally {
    interruption.release();
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
