import type { Command } from "commander";
import { formatScore, missing } from "../../app/report/formatFigures.ts";
import type { StageName } from "../../app/runPipeline.ts";
import { createStopwatch } from "../../core/clock.ts";
import {
  addPresetOption,
  addRunOptions,
  addSeedsOption,
  type RunOptions,
  type SettingsOf,
} from "../runOptions.ts";
import { print } from "../printResult.ts";
import { withRun } from "../withRun.ts";
import { addHumanOptions, judgeByHuman, type HumanOptions } from "./judgeHuman.ts";

/** A stage of the loop as a command of its own, named after it. */
export function configureStage(command: Command, settingsOf: SettingsOf): void {
  const stage = command.name() as StageName;
  addRunOptions(addPresetOption(command));
  if (stage === "evaluate") {
    addSeedsOption(command).option(
      "--planner <spec>",
      "only this planner, such as openai:http://HOST/v1?model=NAME",
    );
  }
  command.addHelpText("after", `\nExamples:\n${examplesOf(stage)}`);
  if (stage === "judge") {
    addHumanOptions(command).action((log: string | undefined, options: HumanOptions) => {
      const named = log === undefined ? options : { ...options, log };
      return options.human ? judgeByHuman(named) : runOne(stage, named, settingsOf);
    });
    return;
  }
  command.action((options: RunOptions & { readonly planner?: string }) =>
    options.planner === undefined
      ? runOne(stage, options, settingsOf)
      : evaluateOne(options, options.planner, settingsOf),
  );
}

function examplesOf(stage: StageName): string {
  const examples = [
    `  dreamlog ${stage} --preset demo --seed 1`,
    `  dreamlog ${stage} --preset full --seed 1 --log full.sqlite --json`,
  ];
  if (stage === "evaluate") {
    examples.push(
      "  dreamlog evaluate --preset demo --seed 1 --seeds 1000..1019",
      "  dreamlog evaluate --seed 1 --planner 'openai:http://HOST:8000/v1?model=lora'",
    );
  }
  if (stage === "judge") {
    examples.push("  dreamlog judge runs/demo-1/session.sqlite --human --rater ana");
  }
  return examples.join("\n");
}

/** One planner on the held-out starts, which may be a model behind an HTTP service. */
async function evaluateOne(
  options: RunOptions,
  planner: string,
  settingsOf: SettingsOf,
): Promise<void> {
  const log = { settingsOf, mode: "existing" } as const;
  const result = await withRun("evaluate", options, log, async (context) => {
    const { evaluatePlanner } = await import("../../app/stages/evaluatePlanner.ts");
    return evaluatePlanner(context, planner);
  });
  print(options, result, () => [
    `${"task".padEnd(10)}${"mean".padStart(6)}${"95 %".padStart(16)}${"trials".padStart(8)}${"unanswered".padStart(12)}`,
    ...result.rows.map(({ task, score, trials, unanswered }) => {
      const mean = formatScore(score?.mean);
      const interval =
        score === null ? missing : `[${formatScore(score.low)}, ${formatScore(score.high)}]`;
      return `${task.padEnd(10)}${mean.padStart(6)}${interval.padStart(16)}${String(trials).padStart(8)}${String(unanswered).padStart(12)}`;
    }),
  ]);
}

async function runOne(
  stage: StageName,
  options: RunOptions,
  settingsOf: SettingsOf,
): Promise<void> {
  const mode = stage === "collect" ? "create" : "existing";
  const watch = createStopwatch();
  const result = await withRun(stage, options, { settingsOf, mode }, async (context, notes) => {
    // Loaded here, for the pipeline brings the simulator and the engine with it.
    const { runTimedStage } = await import("../../app/runPipeline.ts");
    await runTimedStage(context, stage);
    const { open, settings } = context;
    const { sessions, events, blobs, bytes } = await open.log.stats();
    return {
      stage,
      preset: settings.preset,
      seed: settings.seed,
      log: open.path,
      head: await open.log.head(),
      seconds: watch.seconds(),
      notes: [...notes],
      counts: { sessions, events, blobs, bytes },
    };
  });
  if (options.json === true) console.log(JSON.stringify(result));
  else console.log(`log  ${result.log}\nhead ${result.head}`);
}
