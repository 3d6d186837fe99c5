import type { Command } from "commander";
import type { ImportRequest, ImportSource } from "../../app/imports/importRequest.ts";
import { preferenceFormats } from "../../exchange/preferences/preferenceFormats.ts";
import { print, type JsonOption } from "../printResult.ts";
import { withInterruptibleLog } from "../withRun.ts";

type ImportOptions = JsonOption & { readonly to: string; readonly name?: string };

type Counts = Readonly<Record<string, string | number>>;

/** Reads a data set, and gives what takes it into a log. */
type OpenSource = (source: ImportSource) => Promise<(request: ImportRequest) => Promise<Counts>>;

/** `dreamlog import …`: data sets of others as sessions of a log. */
export function configureImport(parent: Command): void {
  addFormat(
    parent,
    "lerobot",
    "episodes of a LeRobot data set, version 2.1 or 3.0, a session each",
    async (named) => {
      const { importLerobot, openLerobotSource } = await import("../../app/imports/importLerobot.ts"); // prettier-ignore
      const source = await openLerobotSource(named);
      return async (request) => {
        const { sessions, frames, leftOut } = await importLerobot(source, request);
        const told = leftOut.length === 0 ? {} : { leftOut: leftOut.join(", ") };
        return { sessions: sessions.length, pictures: frames, ...told };
      };
    },
  );
  for (const format of preferenceFormats) {
    const description = `a preference set as \`export ${format.name}\` writes it, as one session`;
    addFormat(parent, format.name, description, async (named) => {
      const { importPreferences, openPreferenceSource } = await import("../../app/imports/importPreferences.ts"); // prettier-ignore
      const source = await openPreferenceSource(named, format);
      return async (request) => ({ ...(await importPreferences(source, request)) });
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
      const { importVerdicts, readVerdictFile } = await import("../../app/imports/importVerdicts.ts"); // prettier-ignore
      const bytes = await readVerdictFile(file);
      const log = { path: options.to, mode: "existing" } as const;
      const result = await withInterruptibleLog("import", log, async ({ open }) => {
        const { findDreamedRun } = await import("../../app/humanVerdicts/judgedBranch.ts");
        const run = await findDreamedRun(open.log, options.run);
        return importVerdicts(open, run, bytes);
      });
      const { raters, ...counts } = result;
      print(options, { to: options.to, ...result }, () => [
        ...Object.entries(counts).map(([what, count]) => `${what.padEnd(11)}${count}`),
        `raters     ${raters.length === 0 ? "none" : raters.join(", ")}`,
        ...(raters.length === 0 ? [] : [""]),
        ...raters.map((rater) => `dreamlog rejudge ${options.to} --judge human:rater=${rater}`),
      ]);
    });
}

function addFormat(
  parent: Command,
  name: string,
  description: string,
  openSource: OpenSource,
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
      const named = options.name === undefined ? {} : { name: options.name };
      // Before the log is touched: a data set that cannot be read leaves none behind.
      const importInto = await openSource({ from, ...named });
      const log = { path: options.to, mode: "create" } as const;
      const counts = await withInterruptibleLog("import", log, ({ open, progress, signal }) =>
        importInto({ log: open.log, blobs: open.blobs, progress, signal }),
      );
      print(options, { to: options.to, ...counts }, () =>
        Object.entries({ ...counts, to: options.to }).map(
          ([what, value]) => `${what.padEnd(10)}${value}`,
        ),
      );
    });
}
