import { InvalidArgumentError, Option, type Command } from "commander";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { presetNames, type RunSettings } from "../app/settings.ts";

/** Each worker thread holds a simulator and a model, so more threads than this mostly cost memory. */
const jobsMax = 8;

/** What the commands of a run have in common, as commander parsed it. */
export interface RunOptions {
  readonly preset: string;
  readonly seed: string;
  readonly log?: string;
  readonly out?: string;
  readonly jobs: number;
  readonly seeds?: SeedRange;
  readonly segmenter?: string;
  readonly collector?: string;
  readonly worldModel?: string;
  readonly judge?: string;
  readonly json?: true;
}

/** Numbers of evaluation starts, both ends included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** Makes the settings of a preset; tests hand in smaller ones. */
export type SettingsOf = (preset: string, seed: string) => RunSettings;

export function addPresetOption(command: Command): Command {
  return command.addOption(
    new Option("--preset <name>", "size of the run").choices(presetNames).default("demo"),
  );
}

/** Options of every command that works on a run. */
export function addRunOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--seed <n>", "names every random number of the run")
        .argParser(parseSeed)
        .default("0"),
    )
    .option("--log <file>", "the log (default: session.sqlite in the output folder)")
    .option("--out <dir>", "where the report goes (default: runs/<preset>-<seed>)")
    .addOption(jobsOption())
    .option("--segmenter <spec>", "colour (default), or sam2:FOLDER; the same for every stage")
    .option(
      "--collector <spec>",
      "plans the trajectories: zero-shot (default), random, matcher, openai:URL",
    )
    .option(
      "--world-model <spec>",
      "dreams: trained (default), untrained, videos:URL or dream-http:URL",
    )
    .option("--judge <spec>", "judges the dreams: geometric (default), random or openai:URL")
    .option("--json", "result as JSON on standard output; progress stays on standard error");
}

export function jobsOption(): Option {
  return new Option("--jobs <n>", "worker threads")
    .argParser(parseJobs)
    .default(Math.min(availableParallelism(), jobsMax), "one a core, at most 8");
}

export function addSeedsOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--seeds <a..b>",
      "numbers of the evaluation starts, ends included (default: the preset's)",
    ).argParser(parseSeedRange),
  );
}

/** The settings that the options ask for. */
export function resolveSettings(options: RunOptions, settingsOf: SettingsOf): RunSettings {
  const settings = settingsOf(options.preset, options.seed);
  if (options.seeds === undefined) return settings;
  const { first, last } = options.seeds;
  const trialsPerTask = last - first + 1;
  const { oracleTrialsPerTask, auditedStartsPerTask } = settings.evaluation;
  return {
    ...settings,
    evaluation: {
      trialsPerTask,
      firstSeed: first,
      oracleTrialsPerTask: Math.min(oracleTrialsPerTask, trialsPerTask),
      auditedStartsPerTask: Math.min(auditedStartsPerTask, trialsPerTask),
    },
  };
}

/** Where a run's files are. */
export function resolvePaths(options: RunOptions): {
  readonly logPath: string;
  readonly outDir: string;
} {
  const outDir = options.out ?? join("runs", `${options.preset}-${options.seed}`);
  return { outDir, logPath: options.log ?? join(outDir, "session.sqlite") };
}

function parseSeed(text: string): string {
  return String(parseCount(text));
}

function parseJobs(text: string): number {
  const jobs = parseCount(text);
  if (jobs < 1) throw new InvalidArgumentError("Expected at least 1.");
  return jobs;
}

function parseSeedRange(text: string): SeedRange {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  if (first === undefined || last === undefined) {
    throw new InvalidArgumentError("Expected two whole numbers, such as 100..199.");
  }
  const range = { first: parseCount(first), last: parseCount(last) };
  if (range.last < range.first) {
    throw new InvalidArgumentError("Expected the first number to be at most the last.");
  }
  return range;
}

/** A whole number, 0 or more. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("Expected a whole number, 0 or more.");
}
