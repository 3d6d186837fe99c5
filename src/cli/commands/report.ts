import type { Command } from "commander";
import { printReport } from "../printReport.ts";
import {
  addPresetOption,
  addRunOptions,
  addSeedsOption,
  type RunOptions,
  type SettingsOf,
} from "../runOptions.ts";
import { withRun } from "../withRun.ts";

const examples = [
  "  dreamlog report --preset demo --seed 1",
  "  dreamlog report --preset full --seed 1 --log full.sqlite --out full-1",
  "  dreamlog report --preset demo --seed 1 --seeds 1000..1019",
].join("\n");

/** `dreamlog report`: from the log of an evaluated run. */
export function configureReport(command: Command, settingsOf: SettingsOf): void {
  addSeedsOption(addRunOptions(addPresetOption(command)))
    .addHelpText("after", `\nExamples:\n${examples}`)
    .action(async (options: RunOptions) => {
      const written = await withRun(
        "report",
        options,
        { settingsOf, mode: "existing" },
        async (context) => {
          // Loaded here, for the pipeline brings the simulator and the engine with it.
          const { runReport } = await import("../../app/runPipeline.ts");
          return { ...(await runReport(context)), logPath: context.open.path };
        },
      );
      printReport(options, written);
    });
}
