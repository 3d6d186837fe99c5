import { Option, type Command } from "commander";
import type { Divergence } from "../../../replay/replayReport.ts";
import { derivationNames, typesNamedBy } from "../../app/derivationNames.ts";
import { writeDivergencePictures } from "../../app/divergencePictures.ts";
import { replayFile, type ReplayReport } from "../../app/replayFile.ts";
import { watchForInterruption } from "../interruption.ts";
import { print, type JsonOption } from "../printResult.ts";
import { createProgressLine } from "../progressLine.ts";
import { renderReplayReport } from "../renderReplayReport.ts";
import { jobsOption } from "../runOptions.ts";
import { withLog } from "../withLog.ts";

interface ReplayCommandOptions extends JsonOption {
  readonly only?: readonly string[];
  readonly jobs: number;
  readonly out?: string;
  readonly trustMemo?: true;
  readonly allPictures?: true;
}

const examples = `
Examples:
  dreamlog replay runs/demo-0/session.sqlite
  dreamlog replay runs/demo-0/session.sqlite seed-0/collect/rope/00000
  dreamlog replay runs/demo-0/session.sqlite --only mask,keypoints --jobs 2
  dreamlog replay runs/demo-0/session.sqlite --trust-memo

Exit codes: 0 all is as it was recorded; 1 something is not, or could not be
recomputed here; 130 interrupted.`;

/** `dreamlog replay`: recompute what was derived, and compare. */
export function configureReplay(command: Command): void {
  command
    .argument("<log>", "the log; it is only read")
    .argument("[session]", "only this session, with what it shares with those it branches from")
    .option("--only <names>", `only ${derivationNames.join(", ")}`, typesNamedBy)
    .addOption(jobsOption())
    .option("--out <folder>", "where pictures of the first divergence go")
    .option("--trust-memo", "check digests and chains only, and recompute nothing")
    .addOption(
      new Option("--all-pictures", "decode also pictures that nothing was derived from").conflicts(
        "trustMemo",
      ),
    )
    .option("--json", "the report as JSON")
    .addHelpText("after", examples)
    .action(replay);
}

async function replay(
  path: string,
  session: string | undefined,
  options: ReplayCommandOptions,
): Promise<void> {
  const interruption = watchForInterruption(() =>
    process.stderr.write("\nstopping; nothing is written by a replay\n"),
  );
  try {
    const report = await replayFile({
      path,
      sessions: session === undefined ? null : [session],
      types: options.only ?? null,
      jobs: options.jobs,
      trustsMemo: options.trustMemo === true,
      decodesAll: options.allPictures === true,
      progress: createProgressLine(process.stderr),
      signal: interruption.signal,
    });
    const pictures = await picturesOf(path, report, options.out);
    print(options, { ...report, pictures }, () => renderReplayReport(report, pictures));
    if (report.outcome !== "verified") process.exitCode = 1;
  } finally {
    interruption.release();
  }
}

async function picturesOf(
  path: string,
  { firstDivergence }: ReplayReport,
  folder: string | undefined,
): Promise<readonly string[]> {
  if (firstDivergence === null || folder === undefined) return [];
  const divergence: Divergence = firstDivergence;
  return withLog(path, (open) => writeDivergencePictures(open, divergence, folder));
}
