import { DreamlogError } from "../core/errors.ts";
import { parsePlannerChoice, type PlannerChoice } from "./branches/plannerChoice.ts";
import type { RunBranch } from "./branches/runBranch.ts";
import { parseWorldModelSpec, type EmbeddedChoice, type WorldModelChoice } from "./branches/worldModelChoice.ts"; // prettier-ignore
import { defaultJudge, parseJudgeSpec, type JudgeSpec } from "./judgeSpec.ts";
import type { VideoSpec } from "./remote/videoSpec.ts";

/** Models that a run is begun with instead of its own: none that only its end brings forth, or a file. */
export interface RunModels {
  /** Plans the collected trajectories instead of the zero-shot planner. */
  readonly collector?: Exclude<PlannerChoice, { kind: "fineTuned" | "file" }>;
  /** Dreams instead of the model trained on the run's trajectories, which is trained all the same. */
  readonly worldModel?: Exclude<EmbeddedChoice, { kind: "imported" }> | VideoSpec;
  /** Judges instead of the default. */
  readonly judge?: Exclude<JudgeSpec, { kind: "human" }>;
}

/** The same as a command line names them. */
export interface RunModelTexts {
  readonly collector?: string;
  readonly worldModel?: string;
  readonly judge?: string;
}

/** What chooses models in the settings of a run. */
interface ChosenBy {
  readonly models?: RunModels;
  readonly branch?: Pick<RunBranch, "worldModel" | "judge">;
}

/** What dreams in a run or branch. */
export function worldModelOf({ models, branch }: ChosenBy): WorldModelChoice {
  return branch?.worldModel ?? models?.worldModel ?? { kind: "trained" };
}

/** What judges in a run or branch. */
export function judgeOf({ models, branch }: ChosenBy): JudgeSpec {
  return branch?.judge ?? models?.judge ?? defaultJudge;
}

/**
 * @throws {DreamlogError} `ARGUMENT_INVALID`, also for what can only be chosen once the run is there.
 */
export function parseRunModels({ collector, worldModel, judge }: RunModelTexts): RunModels {
  return {
    ...(collector === undefined ? {} : { collector: parseCollector(collector) }),
    ...(worldModel === undefined ? {} : { worldModel: parseWorldModel(worldModel) }),
    ...(judge === undefined ? {} : { judge: parseJudge(judge) }),
  };
}

function parseCollector(text: string): NonNullable<RunModels["collector"]> {
  const choice = parsePlannerChoice(text);
  if (choice.kind !== "fineTuned" && choice.kind !== "file") return choice;
  throw onlyLater("planner", text, "dreamlog replan LOG --planner");
}

function parseWorldModel(text: string): NonNullable<RunModels["worldModel"]> {
  const spec = parseWorldModelSpec(text);
  if ("url" in spec || spec.kind !== "file") return spec;
  throw onlyLater("world model", text, "dreamlog redream LOG --world-model");
}

function parseJudge(text: string): NonNullable<RunModels["judge"]> {
  const spec = parseJudgeSpec(text);
  if (spec.kind !== "human") return spec;
  throw onlyLater("judge", text, "dreamlog rejudge LOG --judge");
}

function onlyLater(what: string, found: string, command: string): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a ${what} that a run can begin with, found "${found}", which only a branch of a finished run can take; use: ${command} ${found}`,
    { what, found },
  );
}
