import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { ComparedRun } from "../../app/compare/compareRuns.ts";
import { DreamlogError } from "../../core/errors.ts";
import { print, type JsonOption } from "../printResult.ts";
import { withLog } from "../withLog.ts";

interface CompareOptions extends JsonOption {
  readonly html?: string;
}

/** A run as the command line names it. */
interface RunAddress {
  readonly path: string;
  readonly run?: string;
}

/** `dreamlog compare`: verdicts, preferences and scores of two runs. */
export function configureCompare(command: Command): void {
  command
    .argument("<a>", "LOG or LOG@RUN")
    .argument("<b>", "LOG or LOG@RUN; @RUN for another of the same log")
    .option("--html <file>", "also write one self-contained page")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  dreamlog compare demo.sqlite@seed-0 @seed-0+judge-random\n  dreamlog compare one.sqlite two.sqlite --html compared.html",
    )
    .action(async (a: string, b: string, options: CompareOptions) => {
      const addressA = parseAddress(a);
      const addressB = parseAddress(b, addressA.path);
      // Loaded here, for reading a run's results brings the whole of its stages with it.
      const { compareRuns } = await import("../../app/compare/compareRuns.ts");
      const comparison = await withRunOf(addressA, (runA) =>
        withRunOf(addressB, (runB) => compareRuns(runA, runB)),
      );
      if (options.html !== undefined) {
        const { renderComparisonHtml } = await import("../../app/compare/renderComparisonHtml.ts");
        writePage(options.html, renderComparisonHtml(comparison));
      }
      const { renderComparisonText } = await import("../../app/compare/renderComparisonText.ts");
      const { stdout } = process;
      const colour = stdout.isTTY && stdout.hasColors();
      print(options, comparison, () => [
        renderComparisonText(comparison, colour),
        ...(options.html === undefined ? [] : ["", `page  ${options.html}`]),
      ]);
    });
}

async function withRunOf<Result>(
  { path, run }: RunAddress,
  use: (run: ComparedRun) => Promise<Result>,
): Promise<Result> {
  const { findRun } = await import("../../app/branches/findRun.ts");
  return withLog(path, async ({ log }) => {
    const { settings } = await findRun(log, run);
    return use({ path, log, settings });
  });
}

/** The part after the last "@" names the run; a path may hold others. */
function parseAddress(text: string, defaultPath = ""): RunAddress {
  const at = text.lastIndexOf("@");
  if (at < 0) return { path: text };
  const path = at === 0 ? defaultPath : text.slice(0, at);
  const run = text.slice(at + 1);
  if (path !== "" && run !== "") return { path, run };
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected LOG, LOG@RUN or, as the second, @RUN, found "${text}"`,
    { text },
  );
}

function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new DreamlogError(
      code === "ENOSPC" ? "DISK_FULL" : "ARGUMENT_INVALID",
      `expected to write the page to ${path}, found that it cannot be written (${code}); name another file with --html`,
      { path, code },
      error,
    );
  }
}
