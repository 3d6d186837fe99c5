import { Command } from "commander";
import { isDreamlogError } from "../core/errors.ts";
import { addLogCommands } from "./commands/log.ts";

const exitCodes = { failed: 1, usage: 2, interrupted: 130 } as const;

const program = new Command("dreamlog")
  .description("Event-sourced simulation-and-replay testbed for the DreamPlan method")
  .showHelpAfterError("(run with --help for usage)")
  .configureHelp({ helpWidth: 80 })
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage);
  });

addLogCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  const isJson = process.argv.includes("--json");
  if (isDreamlogError(error)) {
    const { code, message, context } = error;
    if (isJson) console.log(JSON.stringify({ error: { code, message, context } }));
    else console.error(`${code}: ${message}`);
    process.exitCode = code === "INTERRUPTED" ? exitCodes.interrupted : exitCodes.failed;
  } else {
    console.error(error);
    process.exitCode = exitCodes.failed;
  }
}
