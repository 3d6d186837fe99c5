import { InvalidArgumentError, type Command } from "commander";
import type { Regression } from "../../app/regress/regress.ts";
import { parseCount } from "../runOptions.ts";
import { print, type JsonOption } from "../printResult.ts";
import { withInterruptibleLog } from "../withRun.ts";

interface RegressOptions extends JsonOption {
  readonly against: string;
  readonly sessions: string;
  readonly trials?: number;
  readonly margin: number;
  readonly segmenter: string;
}

/** `dreamlog regress`: is a planner's checkpoint worse than what a log recorded? */
export function configureRegress(command: Command): void {
  command
    .argument("<checkpoint>", "an ONNX file")
    .requiredOption("--against <log>", "the log whose sessions are the baseline")
    .option("--sessions <prefix>", "only sessions whose names begin so", "")
    .option("--trials <n>", "starts at most, the first by name (default: all)", parseTrials)
    .option("--margin <x>", "loss of score that counts as none", parseMargin, 0.1)
    .option("--segmenter <spec>", "sees the starts: colour, or sam2:FOLDER", "colour")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      '\nExamples:\n  dreamlog regress new.onnx --against demo.sqlite --sessions seed-0/collect/\n  dreamlog regress new.onnx --against real.sqlite --segmenter sam2:models\n\nExit code 0 for "no worse"; 1 for "worse", and for "too few trials" to tell.',
    )
    .action(async (checkpoint: string, options: RegressOptions) => {
      const result = await withInterruptibleLog(
        "regress",
        { path: options.against, mode: "existing" },
        async (working) => {
          const { open, progress, signal } = working;
          // Loaded here, for trying starts brings the simulator and the engine with it.
          const { regress } = await import("../../app/regress/regress.ts");
          const { goldenStarts } = await import("../../app/regress/goldenStarts.ts");
          const { loadPolicyFile } = await import("../../app/regress/loadPolicyFile.ts");
          const { resolveSegmenter } = await import("../../app/segmenterSpec.ts");
          const segmenter = await resolveSegmenter(options.segmenter, working);
          const planner = await loadPolicyFile(checkpoint);
          const golden = await goldenStarts(open.log, options.sessions);
          const { margin, trials = golden.length } = options;
          return regress(planner, golden.slice(0, trials), { margin, segmenter, progress, signal });
        },
      );
      print(options, result, () => linesOf(result));
      if (result.verdict !== "no worse") process.exitCode = 1;
    });
}

function linesOf({
  verdict,
  trials,
  difference,
  margin,
  furtherTrials,
  details,
}: Regression): string[] {
  const { mean, low, high } = difference;
  const changed = details.filter(({ baseline, candidate }) => baseline !== candidate);
  return [
    ...changed.map(
      ({ session, baseline, candidate }) => `${session.padEnd(44)} ${baseline} → ${candidate}`,
    ),
    `${trials} starts, ${changed.length} scored otherwise`,
    `difference ${mean.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}, margin ${margin}`,
    furtherTrials === 0 ? verdict : `${verdict}: about ${furtherTrials} more would tell`,
  ];
}

function parseTrials(text: string): number {
  const trials = parseCount(text);
  if (trials < 1) throw new InvalidArgumentError("Expected at least 1.");
  return trials;
}

function parseMargin(text: string): number {
  const margin = Number(text);
  if (margin > 0 && margin <= 1) return margin;
  throw new InvalidArgumentError("Expected a number above 0, at most 1.");
}
