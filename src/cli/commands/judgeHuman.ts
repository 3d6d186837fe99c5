import { dirname, join } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { print } from "../printResult.ts";
import { resolvePaths, type RunOptions } from "../runOptions.ts";
import { withInterruptibleLog } from "../withRun.ts";

export interface HumanOptions extends RunOptions {
  readonly human?: true;
  readonly rater?: string;
  readonly run?: string;
  readonly sheets?: string;
}

/** Lets `dreamlog judge` ask a person at the terminal. */
export function addHumanOptions(command: Command): Command {
  return command
    .argument("[log]", "the log, as --log names it")
    .option("--human", "ask a person at this terminal, with the dreams on a page beside it")
    .option("--rater <name>", "who judges, with --human; each rater's verdicts are kept apart")
    .option("--run <name>", "with --human: the run or branch that dreamed (default: the only one)")
    .option("--sheets <folder>", "with --human: where the pages go (default: beside the log)");
}

/** `dreamlog judge LOG --human --rater NAME`. */
export async function judgeByHuman(options: HumanOptions): Promise<void> {
  const { rater } = options;
  if (rater === undefined) {
    throw new InvalidArgumentError("--human needs --rater <name>: whose verdicts they are.");
  }
  const { logPath: path } = resolvePaths(options);
  const folder = options.sheets ?? join(dirname(path), `sheets-${rater}`);
  const result = await withInterruptibleLog(
    "judge",
    { path, mode: "existing" },
    async (working) => {
      const { rateGroups } = await import("../../app/humanVerdicts/rateGroups.ts");
      const { sittingsOf } = await import("../../app/humanVerdicts/sittings.ts");
      const { branchByRater, findDreamedRun } = await import("../../app/humanVerdicts/judgedBranch.ts"); // prettier-ignore
      const { openRaterDesk } = await import("../raterDesk.ts");
      const run = await findDreamedRun(working.open.log, options.run);
      sittingsOf(run.settings, rater);
      const { stdin: input, stderr: output } = process;
      const desk = await openRaterDesk({ folder, signal: working.signal, input, output });
      try {
        const rated = await rateGroups(working, run.settings, { rater, desk });
        const branch = rated.left > 0 ? null : await branchByRater(working, run.name, rater);
        return { log: path, run: run.name, ...rated, branch, sheets: folder };
      } finally {
        desk.close();
      }
    },
  );
  print(options, result, () => [
    `rater     ${rater}`,
    `answered  ${result.ranked} ranked, ${result.unsure} not told apart, ${result.left} left`,
    ...nextSteps(result),
  ]);
}

function nextSteps(result: {
  readonly log: string;
  readonly run: string;
  readonly rater: string;
  readonly left: number;
  readonly branch: string | null;
}): string[] {
  const { log, run, rater, left, branch } = result;
  if (left > 0) return ["", "go on later with the same command"];
  if (branch === null) {
    return ["", `fine-tune on them: npx dreamlog rejudge ${log} --judge human:rater=${rater} --name NAME`]; // prettier-ignore
  }
  return [
    `branch    ${branch}`,
    "",
    `agreement:         npx dreamlog compare ${log}@${run} @${branch}`,
    `fine-tune on them: npx dreamlog rejudge ${log} --judge human:rater=${rater}`,
  ];
}
