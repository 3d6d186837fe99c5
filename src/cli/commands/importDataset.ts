import type { Command } from "commander";
import { print, type JsonOption } from "../printResult.ts";
import { withInterruptibleLog } from "../withRun.ts";

type ImportOptions = JsonOption & { readonly to: string; readonly name?: string };

/** `dreamlog import …`: data sets of others as sessions of a log. */
export function addImportCommands(program: Command): void {
  program
    .command("import")
    .description("take data sets of other tools into a log")
    .command("lerobot")
    .description("episodes of a LeRobot data set, version 2.1 or 3.0, a session each")
    .argument("<folder>", "the data set")
    .requiredOption("--to <log>", "the log they go to; made if it is not there")
    .option("--name <name>", "first part of the sessions' names (default: the folder's)")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog import lerobot data/pusht --to pusht.sqlite\n\nImporting the same again adds nothing.",
    )
    .action(async (from: string, options: ImportOptions) => {
      const log = { path: options.to, mode: "create" } as const;
      const result = await withInterruptibleLog("import", log, async (working) => {
        const { importLerobot } = await import("../../app/imports/importLerobot.ts");
        const { open, progress, signal } = working;
        const { name } = options;
        const named = name === undefined ? {} : { name };
        return importLerobot({
          log: open.log,
          blobs: open.blobs,
          from,
          progress,
          signal,
          ...named,
        });
      });
      print(options, { to: options.to, ...result }, () => [
        `sessions  ${result.sessions.length}`,
        `pictures  ${result.frames}`,
        `to        ${options.to}`,
      ]);
    });
}
