import { Command, CommanderError } from "commander";
import { settingsOf as presetSettings } from "../app/settings.ts";
import { isDreamlogError } from "../core/errors.ts";
import { addExportCommands } from "./commands/exportDataset.ts";
import { addBranchCommand } from "./commands/branch.ts";
import { addCalibrateCommand } from "./commands/calibrate.ts";
import { addCompareCommand } from "./commands/compare.ts";
import { addImportCommands } from "./commands/importDataset.ts";
import { addImportRecordingCommand } from "./commands/importRecording.ts";
import { addLogCommands } from "./commands/log.ts";
import { addRecomputeCommands } from "./commands/recompute.ts";
import { addRecordCommand } from "./commands/record.ts";
import { addReplayCommand } from "./commands/replay.ts";
import { addRegressCommand } from "./commands/regress.ts";
import { addReportCommand } from "./commands/report.ts";
import { addRunCommands } from "./commands/run.ts";
import { addVirtualCellCommand } from "./commands/virtualCell.ts";
import { addStandInCommand } from "./commands/standIn.ts";
import { addTransferCommands } from "./commands/transferSessions.ts";
import { addStageCommands } from "./commands/stages.ts";
import { interruptedExitCode } from "./interruption.ts";
import type { SettingsOf } from "./runOptions.ts";
import { packageVersion } from "./version.ts";

/** What the exit code tells a script. */
const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: interruptedExitCode } as const;

/** How a command ended badly, as `--json` prints it. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * Runs one command.
 *
 * @param argv - words of the command line after the program's name.
 * @param settingsOf - makes the settings of a preset; tests hand in smaller ones.
 * @returns the exit code.
 */
export async function runCli(
  argv: readonly string[],
  settingsOf: SettingsOf = presetSettings,
): Promise<number> {
  try {
    await createProgram(settingsOf).parseAsync([...argv], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : exitCodes.done;
  } catch (error) {
    const isJson = argv.includes("--json");
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.done;
      // Commander has told standard error already.
      if (isJson) printFailure(true, usageFailure(error));
      return exitCodes.usage;
    }
    if (!isDreamlogError(error)) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      if (isJson) printFailure(true, { code: "INTERNAL", message, context: {} });
      console.error(stack ?? message);
      return exitCodes.failed;
    }
    printFailure(isJson, error);
    if (error.code !== "INTERRUPTED") return exitCodes.failed;
    console.error(`go on with: npx dreamlog ${argv.map(quoted).join(" ")}`);
    return exitCodes.interrupted;
  }
}

function createProgram(settingsOf: SettingsOf): Command {
  const program = new Command("dreamlog")
    .description("Event-sourced simulation-and-replay testbed for the DreamPlan method")
    .version(packageVersion())
    .showHelpAfterError("(run with --help for usage)")
    // Names alone: with their arguments the descriptions would not fit beside them.
    .configureHelp({ helpWidth: 80, subcommandTerm: (command) => command.name() })
    .exitOverride();
  program.commandsGroup("The whole loop:");
  addRunCommands(program, settingsOf);
  program.commandsGroup("Its stages, in order:");
  addStageCommands(program, settingsOf);
  addReportCommand(program, settingsOf);
  program.commandsGroup("A run again, with one thing changed:");
  addRecomputeCommands(program);
  addBranchCommand(program);
  addCompareCommand(program);
  addRegressCommand(program);
  program.commandsGroup("On a robot:");
  addRecordCommand(program);
  addImportRecordingCommand(program);
  addCalibrateCommand(program);
  addVirtualCellCommand(program);
  program.commandsGroup("What was written:");
  addLogCommands(program);
  addReplayCommand(program);
  addTransferCommands(program);
  addExportCommands(program);
  addImportCommands(program);
  addStandInCommand(program);
  return program;
}

function usageFailure({ code, message }: CommanderError): Failure {
  return { code: "ARGUMENT_INVALID", message, context: { reason: code } };
}

function printFailure(isJson: boolean, { code, message, context }: Failure): void {
  if (isJson) console.log(JSON.stringify({ error: { code, message, context } }));
  else console.error(`${code}: ${message}`);
}

/** A word as a shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
