import { runCli } from "../../src/cli/runCli.ts";
import { tinySettings } from "./tinySettings.ts";

// The command line with settings so small that a whole run takes seconds; tests spawn it.
process.exitCode = await runCli(process.argv.slice(2), tinySettings);
