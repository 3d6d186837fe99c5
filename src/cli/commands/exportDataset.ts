import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { ExportRequest, ExportResult } from "../../app/exports/exportRequest.ts";
import type { DreamedRun } from "../../app/humanVerdicts/judgedBranch.ts";
import { videoQualities, type VideoQuality } from "../../exchange/lerobot/episodeVideo.ts";
import { preferenceFormats } from "../../exchange/preferences/preferenceFormats.ts";
import { watchForInterruption } from "../interruption.ts";
import { print, type JsonOption } from "../printResult.ts";
import { columns, wrapText } from "../format.ts";
import { createProgressLine } from "../progressLine.ts";
import { withLog } from "../withLog.ts";

type ExportOptions = JsonOption & {
  readonly to: string;
  readonly sessions: string;
  readonly upto?: number;
};

type VerdictOptions = JsonOption & {
  readonly to: string;
  readonly run?: string;
  readonly sheet: string;
};

type Export<Options> = (request: ExportRequest, options: Options) => Promise<ExportResult>;

const trainers: Readonly<Record<(typeof preferenceFormats)[number]["name"], string>> = {
  llamafactory: "preference pairs with pictures for LLaMA-Factory (ORPO)",
  swift: "preference pairs with pictures for ms-swift (ORPO)",
  trl: "preference pairs with pictures for TRL (DPOTrainer)",
};

/** `dreamlog export …`: what a log holds, for the tools of others. */
export function configureExport(parent: Command): void {
  for (const format of preferenceFormats) {
    addFormat(parent, format.name, trainers[format.name], async (request) => {
      const { exportPreferences } = await import("../../app/exports/exportPreferences.ts");
      return exportPreferences(request, format);
    });
  }
  addFormat<ExportOptions & { readonly video: VideoQuality }>(
    parent,
    "lerobot",
    "episodes with video as a LeRobot data set, version 3.0",
    async (request, { video }) => {
      const { exportLerobot } = await import("../../app/exports/exportLerobot.ts");
      return exportLerobot(request, video);
    },
  ).addOption(
    new Option(
      "--video <quality>",
      "h264 is small; copy takes JPEGs and video as they are, in no time; lossless keeps every pixel",
    )
      .choices(videoQualities)
      .default("h264"),
  );
  addFormat(parent, "mcap", "each session as an MCAP file for Foxglove", async (request) => {
    const { exportMcap } = await import("../../app/exports/exportMcap.ts");
    return exportMcap(request);
  });
  addVerdicts(
    parent,
    "verdict-sheet",
    "pictures and a table for people to rank the dreams on",
    async (request, run, { sheet }) => {
      const { exportVerdictSheet } = await import("../../app/exports/exportVerdicts.ts");
      return exportVerdictSheet(request, run, sheet);
    },
  ).option("--sheet <name>", "names the order of the dreams; other names, other orders", "1");
  addVerdicts(parent, "verdicts", "what people answered, as CSV and JSON", async (request, run) => {
    const { exportVerdicts } = await import("../../app/exports/exportVerdicts.ts");
    return exportVerdicts(request, run);
  });
}

function exportCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .argument("<log>", "the log")
    .requiredOption("--to <folder>", "an empty folder, or one that this was written to before");
}

/** Verdicts are of a run's dreams; sessions and positions do not choose among them. */
function addVerdicts(
  parent: Command,
  name: string,
  description: string,
  work: (
    request: ExportRequest,
    run: DreamedRun,
    options: { readonly sheet: string },
  ) => Promise<ExportResult>,
): Command {
  return exportCommand(parent, name, description)
    .option("--run <name>", "the run or branch that dreamed (default: the log's only run)")
    .option("--json", "as JSON")
    .addHelpText("after", `\nExample:\n  dreamlog export ${name} demo.sqlite --to ${name}`)
    .action(async (log: string, options: VerdictOptions) => {
      const result = await runExport(log, { ...options, sessions: "" }, async (request) => {
        const { findDreamedRun } = await import("../../app/humanVerdicts/judgedBranch.ts");
        return work(request, await findDreamedRun(request.log, options.run), options);
      });
      print(options, result, () => linesOf(result));
    });
}

function addFormat<Options extends ExportOptions>(
  parent: Command,
  name: string,
  description: string,
  work: Export<Options>,
): Command {
  return exportCommand(parent, name, description)
    .option("--sessions <prefix>", "only sessions whose name starts so", "")
    .option("--upto <position>", "leave out events after this position", wholeNumber)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `\nExample:\n  dreamlog export ${name} demo.sqlite --to ${name} --sessions seed-0/\n\nEqual logs give equal bytes.\nAn export that was stopped goes on where it stopped.`,
    )
    .action(async (log: string, options: Options) => {
      const result = await runExport(log, options, work);
      print(options, result, () => linesOf(result));
    });
}

function runExport<Options extends ExportOptions>(
  path: string,
  options: Options,
  work: Export<Options>,
): Promise<ExportResult> {
  return withLog(path, async ({ log, blobs }) => {
    const interruption = watchForInterruption(() => {
      process.stderr.write("\nstopping after the file under way; Ctrl-C again ends it at once\n");
    });
    try {
      const request = {
        log,
        blobs,
        prefix: options.sessions,
        uptoPosition: options.upto ?? (await log.lastPosition()),
        to: options.to,
        progress: createProgressLine(process.stderr),
        signal: interruption.signal,
      };
      return await work(request, options);
    } finally {
      interruption.release();
    }
  });
}

function linesOf({ to, counts, next }: ExportResult): string[] {
  const width = Math.max(...Object.keys(counts).map((name) => name.length), 4) + 2;
  return [
    ...Object.entries(counts).map(([name, count]) => `${name.padEnd(width)}${count}`),
    `${"to".padEnd(width)}${to}`,
    wrapText(`${"next".padEnd(width)}${next}`, columns, " ".repeat(width)),
  ];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a position: a whole number from 1");
}
