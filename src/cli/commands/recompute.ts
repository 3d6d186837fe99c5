import { InvalidArgumentError, Option, type Command } from "commander";
import type { BranchRequest, Retraining } from "../../app/branches/branchRequest.ts";
import type { JudgeSpec } from "../../app/judgeSpec.ts";
import type { BranchWork } from "../../app/branches/recomputeBranch.ts";
import { parseCount, jobsOption } from "../runOptions.ts";
import { print, type JsonOption } from "../printResult.ts";
import { withInterruptibleLog } from "../withRun.ts";

/** What every command that branches a run takes. */
interface BranchOptions extends JsonOption {
  readonly run?: string;
  readonly name?: string;
  readonly jobs: number;
}

interface RetrainOptions extends BranchOptions {
  readonly loss: "orpo" | "dreamplanEq5";
  readonly k?: number;
  readonly beta?: number;
  readonly steps?: number;
  readonly learningRate?: number;
  readonly upto?: number;
}

/** `dreamlog rejudge`: a run again with another judge. */
export function configureRejudge(command: Command): void {
  branching(
    command,
    "  dreamlog rejudge demo.sqlite --judge geometric:distance=hausdorff\n  dreamlog rejudge demo.sqlite --judge random --name coin",
  )
    .requiredOption(
      "--judge <spec>",
      "geometric[:distance=…,colourWeightM=…], random[:seed=…] or openai:http://HOST/v1?model=NAME[&protocol=…]",
    )
    .action(async (log: string, options: BranchOptions & { judge: string }) => {
      const { parseJudgeSpec } = await import("../../app/judgeSpec.ts");
      const judge = parseJudgeSpec(options.judge);
      if (await rejudgeLive(log, options, judge)) return;
      await recompute(log, options, `judge-${options.judge}`, { kind: "rejudge", judge });
    });
}

/** @returns false when a run is meant, and no live recording. */
async function rejudgeLive(
  path: string,
  options: BranchOptions & { judge: string },
  judge: JudgeSpec,
): Promise<boolean> {
  const { findRecording, rejudgeRecording } = await import("../../app/live/rejudgeRecording.ts");
  const { branchNameFrom } = await import("../../app/branches/branchName.ts");
  const name = options.name ?? branchNameFrom(`judge-${options.judge}`);
  const result = await withInterruptibleLog(
    "rejudge",
    { path, mode: "existing" },
    async (working) => {
      const recording = await findRecording(working.open.log, options.run);
      if (recording === null) return null;
      const rejudged = await rejudgeRecording(working.open, recording, name, judge);
      return { log: path, ...rejudged, head: await working.open.log.head() };
    },
  );
  if (result === null) return false;
  print(options, result, () => [
    `recording  ${result.recording}`,
    `branch     +${result.branch} of each of its sessions with verdicts`,
    `judged     ${result.judged}, of them ${result.failed} without a verdict`,
    `other best ${result.otherBest}; other choices that would have followed: ${result.otherChoices}`,
    `head       ${result.head}`,
  ]);
  return true;
}

/** `dreamlog replan`: a run again with another planner acting. */
export function configureReplan(command: Command): void {
  branching(
    command,
    "  dreamlog replan demo.sqlite --planner matcher\n  dreamlog replan demo.sqlite --planner fine-tuned:loss=orpo,temperature=1",
  )
    .requiredOption(
      "--planner <spec>",
      "random, matcher, zero-shot[:temperature=…], fine-tuned[:loss=…,temperature=…], file:path=… or openai:http://HOST/v1?model=NAME",
    )
    .action(async (log: string, options: BranchOptions & { planner: string }) => {
      const { parsePlannerChoice } = await import("../../app/branches/plannerChoice.ts");
      const planner = parsePlannerChoice(options.planner);
      await recompute(log, options, `plan-${options.planner}`, { kind: "replan", planner });
    });
}

/** `dreamlog redream`: a run again with another world model. */
export function configureRedream(command: Command): void {
  branching(
    command,
    "  dreamlog redream demo.sqlite --world-model trained:samplingSteps=4\n  dreamlog redream demo.sqlite --world-model file:path=better.onnx",
  )
    .requiredOption(
      "--world-model <spec>",
      "trained, untrained or file:path=…, each with samplingSteps=1..10, videos:http://HOST/v1?model=NAME or dream-http:http://HOST/PATH (docs/remote-models.md)",
    )
    .action(async (log: string, options: BranchOptions & { worldModel: string }) => {
      const { parseWorldModelSpec } = await import("../../app/branches/worldModelChoice.ts");
      const worldModel = parseWorldModelSpec(options.worldModel);
      await recompute(log, options, `dream-${options.worldModel}`, { kind: "redream", worldModel });
    });
}

/** `dreamlog retrain`: a run again with another fine-tuning. */
export function configureRetrain(command: Command): void {
  branching(
    command,
    "  dreamlog retrain demo.sqlite --loss orpo --k 4 --beta 0.5\n  dreamlog retrain demo.sqlite --loss orpo --upto 12000",
  )
    .addOption(
      new Option("--loss <name>", "the loss").choices(["orpo", "dreamplanEq5"]).default("orpo"),
    )
    .option("--k <n>", "best of the first K candidates (default: all)", parseK)
    .option("--beta <x>", "weight of ORPO's odds-ratio term, its λ", parsePositive)
    .option("--steps <n>", "optimiser steps", parseCount)
    .option("--learning-rate <x>", "of Adam", parsePositive)
    .option("--upto <position>", "learn from no event of the log after this one", parseCount)
    .action((log: string, options: RetrainOptions) => {
      const { loss, beta } = options;
      if (loss === "dreamplanEq5" && beta !== undefined) {
        throw new InvalidArgumentError(
          "--beta belongs to --loss orpo: DreamPlan's Eq. (5) has none.",
        );
      }
      const changes = changesOf(options);
      const name = Object.entries(changes).map(([change, value]) => `${change}=${value}`);
      return recompute(log, options, [`train-${loss}`, ...name].join(","), {
        kind: "retrain",
        loss,
        ...changes,
      });
    });
}

function changesOf({ k, beta, steps, learningRate, upto }: RetrainOptions): Retraining {
  return {
    ...(k === undefined ? {} : { candidateCount: k }),
    ...(beta === undefined ? {} : { lambda: beta }),
    ...(steps === undefined ? {} : { steps }),
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(upto === undefined ? {} : { uptoPosition: upto }),
  };
}

function branching(command: Command, examples: string): Command {
  return command
    .argument("<log>", "the log")
    .option("--run <name>", "the run or branch to go on from (default: the log's only run)")
    .option("--name <name>", "of the branch (default: what it changes)")
    .addOption(jobsOption())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `\nExamples:\n${examples}\n\nThe branch has sessions of its own for what it recomputes and shares all others.\nHold it against its run with "dreamlog compare".`,
    );
}

async function recompute(
  path: string,
  options: BranchOptions,
  defaultName: string,
  request: BranchRequest,
): Promise<void> {
  const result = await withInterruptibleLog(
    request.kind,
    { path, mode: "existing" },
    async (working) => {
      // Loaded here, for the pipeline brings the simulator and the engine with it.
      const { makeAndRecompute } = await import("../../app/branches/makeAndRecompute.ts");
      const { branchNameFrom } = await import("../../app/branches/branchName.ts");
      const name = options.name ?? branchNameFrom(defaultName);
      const asked = { ...(options.run === undefined ? {} : { run: options.run }), name, request };
      const made = await makeAndRecompute({ ...working, jobs: options.jobs }, asked);
      return { log: path, ...made, head: await working.open.log.head() };
    },
  );
  print(options, result, () => linesOf(result));
}

function linesOf(result: {
  readonly log: string;
  readonly run: string;
  readonly branch: string;
  readonly from: string;
  readonly work: BranchWork;
  readonly head: string;
}): string[] {
  const { log, run, branch, from, work, head } = result;
  return [
    `branch    ${branch}`,
    `of        ${run}, recomputed from ${from} on`,
    `computed  ${work.computedCount} derivations`,
    ...work.computed.map(({ type, count }) => `          ${String(count).padStart(7)}  ${type}`),
    `reused    ${work.reusedCount} derivations that the log had under the same key`,
    `shared    ${work.sharedCount} events of other sessions, read where they are`,
    `head      ${head}`,
    "",
    "compare with:",
    `  npx dreamlog compare ${log}@${run} \\`,
    `    @${branch}`,
  ];
}

function parseK(text: string): number {
  const k = parseCount(text);
  if (k < 2) throw new InvalidArgumentError("Expected at least 2: a best and another.");
  return k;
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a number above 0.");
}
