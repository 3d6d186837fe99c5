import { InvalidArgumentError, Option, type Command } from "commander";
import type { BranchedSession } from "../../app/branches/branchSession.ts";
import type { BranchEnvironment, StepResult } from "../../app/branches/rollOut.ts";
import type { Box } from "../../core/image.ts";
import { parseBox } from "../parseBox.ts";
import { readGoal } from "../readGoal.ts";
import { parseCount } from "../runOptions.ts";
import { print, type JsonOption } from "../printResult.ts";
import { withInterruptibleLog } from "../withRun.ts";

/** More primitives than any task needs; each is a session of its own. */
const stepsMax = 100;

interface BranchOptions extends JsonOption {
  readonly env: BranchEnvironment["name"];
  readonly planner: string;
  readonly worldModel?: string;
  readonly goal?: string;
  readonly goalBox?: Box;
  readonly steps: number;
  readonly name?: string;
}

/** `dreamlog branch`: what would happen from here on. */
export function configureBranch(command: Command): void {
  command
    .argument("<log>", "the log")
    .argument("<session@seq>", "an observation of the object at rest: a frame or a crop")
    .addOption(
      new Option("--env <name>", "where to go on").choices(["world-model", "sim"]).default("sim"),
    )
    .option(
      "--planner <spec>",
      "random, matcher, zero-shot[:temperature=…], fine-tuned[:loss=…], file:path=… or, in the simulator, openai:http://HOST/v1?model=NAME",
      "fine-tuned",
    )
    .option(
      "--world-model <spec>",
      "dreams instead of the run's or branch's own: trained, untrained or file:path=…, each with samplingSteps=1..10, videos:http://HOST/v1?model=NAME or dream-http:http://HOST/PATH",
    )
    .option("--goal <picture>", "work towards it, and not towards the session's own goal")
    .option("--goal-box <x,y,w,h>", "round the object in it, pixels (default: workspace)", parseBox)
    .option("--steps <n>", "primitives, one after the other", parseSteps, 1)
    .option("--name <name>", "of the branch (default: what it does)")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      '\nExamples:\n  dreamlog branch demo.sqlite seed-0/collect/rope/00003@8 --steps 3\n  dreamlog branch demo.sqlite seed-0/collect/rope/00003@8 --env world-model\n\n"dreamlog log show LOG SESSION" lists events; the second column is their seq.',
    )
    .action((log: string, at: string, options: BranchOptions) => branch(log, at, options));
}

async function branch(path: string, text: string, options: BranchOptions): Promise<void> {
  // Loaded here, for branching brings the simulator and the engine with it.
  const { parseBranchPoint } = await import("../../app/branches/branchPoint.ts");
  const { parsePlannerChoice } = await import("../../app/branches/plannerChoice.ts");
  const { branchSession } = await import("../../app/branches/branchSession.ts");
  const { branchNameFrom } = await import("../../app/branches/branchName.ts");
  const at = parseBranchPoint(text);
  const planner = parsePlannerChoice(options.planner);
  const dreams = await dreamsOf(options);
  const goal = await goalOf(options);
  const result = await withInterruptibleLog(
    "branch",
    { path, mode: "existing" },
    async (working) => {
      const { env, steps } = options;
      const dreamer = options.worldModel === undefined ? [] : [options.worldModel];
      const does = [env, ...dreamer, options.planner, at.seq].join("-");
      const name = options.name ?? branchNameFrom(does);
      const made = await branchSession(working, {
        at,
        environment: env,
        planner,
        ...dreams,
        ...goal,
        steps,
        name,
      });
      return { log: path, ...made, head: await working.open.log.head() };
    },
  );
  print(options, result, () => linesOf(result));
}

/** @throws {InvalidArgumentError} for a box in no picture. */
async function goalOf({ goal, goalBox }: BranchOptions) {
  if (goal !== undefined) {
    return { goal: { picture: await readGoal(goal), box: goalBox ?? null } };
  }
  if (goalBox !== undefined) throw new InvalidArgumentError("--goal-box belongs to --goal.");
  return {};
}

/** @throws {InvalidArgumentError} for a world model where nothing is dreamed. */
async function dreamsOf({ env, worldModel }: BranchOptions) {
  if (worldModel === undefined) return {};
  if (env !== "world-model") {
    throw new InvalidArgumentError("--world-model belongs to --env world-model.");
  }
  const { parseWorldModelSpec } = await import("../../app/branches/worldModelChoice.ts");
  return { worldModel: parseWorldModelSpec(worldModel) };
}

function linesOf(result: BranchedSession & { readonly head: string }): string[] {
  const { branch: name, from, steps, head } = result;
  return [
    `branch  ${name}`,
    `from    ${from.type}, seq ${from.seq} of ${from.session}`,
    ...steps.map((step, at) => `step ${String(at + 1).padEnd(3)}${stepText(step)}`),
    ...(steps.length === 0 ? ["        the arms can carry out no candidate: nothing moved"] : []),
    `head    ${head}`,
  ];
}

function stepText({ action, distanceM, score }: StepResult): string {
  const { arm, source, target } = action;
  const moved = `${arm} arm, keypoint ${source} to ${target}`.padEnd(30);
  if (distanceM === null) return `${moved}  no distance to be seen`;
  const distance = `${(1000 * distanceM).toFixed(0)} mm from the goal`;
  return score === null
    ? `${moved}  ${distance}, by the judge`
    : `${moved}  ${distance}, score ${score}`;
}

function parseSteps(text: string): number {
  const steps = parseCount(text);
  if (steps >= 1 && steps <= stepsMax) return steps;
  throw new InvalidArgumentError(`Expected 1 to ${stepsMax}.`);
}
