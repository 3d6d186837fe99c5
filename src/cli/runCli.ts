import { Command, CommanderError } from "commander";
import { settingsOf as presetSettings } from "../app/settings.ts";
import { isDreamlogError } from "../core/errors.ts";
import { commandTable } from "./commandTable.ts";
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
    await createProgram(settingsOf).parseAsync(helpLast(argv), { from: "user" });
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
  for (const { heading, commands } of commandTable) {
    program.commandsGroup(heading);
    for (const { name, summary } of commands) program.command(name).description(summary);
  }
  // Loaded when it is called, so that no command waits for the modules of the others.
  program.hook("preSubcommand", async (_, command) => {
    const entries = commandTable.flatMap(({ commands }) => commands);
    const entry = entries.find(({ name }) => name === command.name());
    const configure = await entry?.load();
    configure?.(command, settingsOf);
  });
  return program;
}

/** `help log ls` as `log ls --help`, for only a command that is called is loaded. */
function helpLast(argv: readonly string[]): string[] {
  const [first, ...names] = argv;
  return first === "help" && names.length > 0 ? [...names, "--help"] : [...argv];
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
