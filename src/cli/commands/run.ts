import type { Command } from "commander";
import { addPresetOption, addRunOptions, type RunOptions, type SettingsOf } from "../runOptions.ts";
import { printReport } from "../printReport.ts";
import { withRun } from "../withRun.ts";

const resumeText = "An interrupted run goes on where it stopped when it is started again.";

/** `dreamlog demo`: the whole loop at a small scale, ending in a report. */
export function configureDemo(command: Command, settingsOf: SettingsOf): void {
  addRunOptions(command)
    .addHelpText(
      "after",
      `\nExamples:\n  dreamlog demo\n  dreamlog demo --seed 7 --out seven\n\n${resumeText}`,
    )
    .action((options: Omit<RunOptions, "preset">) =>
      runAll("demo", { ...options, preset: "demo" }, settingsOf),
    );
}

/** `dreamlog run`: the same at any scale. */
export function configureRun(command: Command, settingsOf: SettingsOf): void {
  addRunOptions(addPresetOption(command))
    .addHelpText(
      "after",
      `\nExamples:\n  dreamlog run --preset demo --seed 1\n  dreamlog run --preset full --seed 1 --log full.sqlite --out full-1\n\n${resumeText}`,
    )
    .action((options: RunOptions) => runAll("run", options, settingsOf));
}

async function runAll(command: string, options: RunOptions, settingsOf: SettingsOf): Promise<void> {
  const written = await withRun(
    command,
    options,
    { settingsOf, mode: "create" },
    async (context) => {
      // Loaded here, for the pipeline brings the simulator and the engine with it.
      const { runPipeline } = await import("../../app/runPipeline.ts");
      return { ...(await runPipeline(context)), logPath: context.open.path };
    },
  );
  printReport(options, written);
}
