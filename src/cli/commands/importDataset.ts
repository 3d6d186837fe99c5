import type { Command } from "commander";
import type { ImportRequest } from "../../app/imports/importRequest.ts";
import { preferenceFormats } from "../../exchange/preferences/preferenceFormats.ts";
import { print, type JsonOption } from "../printResult.ts";
import { withInterruptibleLog } from "../withRun.ts";

type ImportOptions = JsonOption & { readonly to: string; readonly name?: string };

/** `dreamlog import …`: data sets of others as sessions of a log. */
export function configureImport(parent: Command): void {
  addFormat(
    parent,
    "lerobot",
    "episodes of a LeRobot data set, version 2.1 or 3.0, a session each",
    async (request) => {
      const { importLerobot } = await import("../../app/imports/importLerobot.ts");
      const { sessions, frames } = await importLerobot(request);
      return { sessions: sessions.length, pictures: frames };
    },
  );
  for (const format of preferenceFormats) {
    const description = `a preference set as \`export ${format.name}\` writes it, as one session`;
    addFormat(parent, format.name, description, async (request) => {
      const { importPreferences } = await import("../../app/imports/importPreferences.ts");
      const { session, pairs } = await importPreferences(request, format);
      return { session, pairs };
    });
  }
  addVerdicts(parent);
}

/** `dreamlog import verdicts`: what people answered on a sheet. */
function addVerdicts(parent: Command): void {
  parent
    .command("verdicts")
    .description("rankings of people, as `export verdict-sheet` hands them out")
    .argument("<file>", "CSV or JSON, UTF-8")
    .requiredOption("--to <log>", "the log that dreamed")
    .option("--run <name>", "the run or branch that dreamed (default: the log's only run)")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog import verdicts sheet/verdicts.csv --to demo.sqlite\n\nImporting the same again adds nothing. One bad row, and nothing is imported.",
    )
    .action(async (file: string, options: JsonOption & { to: string; run?: string }) => {
      const log = { path: options.to, mode: "existing" } as const;
      const result = await withInterruptibleLog("import", log, async ({ open }) => {
        const { findDreamedRun } = await import("../../app/humanVerdicts/judgedBranch.ts");
        const { importVerdicts, readVerdictFile } = await import("../../app/imports/importVerdicts.ts"); // prettier-ignore
        const run = await findDreamedRun(open.log, options.run);
        return importVerdicts(open, run, await readVerdictFile(file));
      });
      const { raters, ...counts } = result;
      print(options, { to: options.to, ...result }, () => [
        ...Object.entries(counts).map(([what, count]) => `${what.padEnd(11)}${count}`),
        `raters     ${raters.join(", ")}`,
        "",
        ...raters.map((rater) => `dreamlog rejudge ${options.to} --judge human:rater=${rater}`),
      ]);
    });
}

function addFormat(
  parent: Command,
  name: string,
  description: string,
  work: (request: ImportRequest) => Promise<Readonly<Record<string, string | number>>>,
): void {
  parent
    .command(name)
    .description(description)
    .argument("<folder>", "the data set")
    .requiredOption("--to <log>", "the log they go to; made if it is not there")
    .option("--name <name>", "first part of the sessions' names (default: the folder's)")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `\nExample:\n  dreamlog import ${name} data/set --to set.sqlite\n\nImporting the same again adds nothing.`,
    )
    .action(async (from: string, options: ImportOptions) => {
      const log = { path: options.to, mode: "create" } as const;
      const counts = await withInterruptibleLog("import", log, ({ open, progress, signal }) => {
        const named = options.name === undefined ? {} : { name: options.name };
        return work({ log: open.log, blobs: open.blobs, from, progress, signal, ...named });
      });
      print(options, { to: options.to, ...counts }, () =>
        Object.entries({ ...counts, to: options.to }).map(
          ([what, value]) => `${what.padEnd(10)}${value}`,
        ),
      );
    });
}
