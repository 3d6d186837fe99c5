import type { LiveAim } from "../app/live/pursueAim.ts";
import type { Task } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import type { Box } from "../core/image.ts";
import { createProgressLine } from "./progressLine.ts";
import { readGoal } from "./readGoal.ts";

/** What `dreamlog record` is told about the object; nothing of it only records. */
export interface AimOptions {
  readonly planner?: string;
  readonly verify?: string;
  readonly segmenter?: string;
  readonly judge?: string;
  readonly lookEvery?: number;
  readonly task?: Task;
  readonly goal?: string;
  readonly startBox?: Box;
  readonly goalBox?: Box;
  readonly candidates?: number;
  readonly primitives?: number;
  readonly observeOnly?: true;
}

/** What an option means where it is not given. */
const usual = {
  task: "rope",
  segmenter: "colour",
  judge: "geometric",
  lookEvery: 6,
  candidates: 8,
  primitives: 1,
} as const satisfies AimOptions;

/** Whoever names one of these wants the object followed. */
const followingOptions = ["goal", "segmenter", "task", "startBox", "lookEvery"] as const;

/** Options that say nothing without another. */
const belongings = [
  { option: "goal", for: ["judge", "goalBox"] },
  { option: "planner", for: ["verify", "candidates", "primitives"] },
] as const;

/**
 * What a live session is to follow and to work towards.
 *
 * @returns null when it is only to be recorded.
 * @throws {DreamlogError} `ARGUMENT_INVALID`, `IMAGE_INVALID`, and what finding the segmenter throws.
 */
export async function aimOf(options: AimOptions, signal: AbortSignal): Promise<LiveAim | null> {
  const { planner, goal } = options;
  const isPlanned = planner !== undefined && options.observeOnly !== true;
  if (isPlanned && goal === undefined) {
    throw argumentInvalid("--goal with a picture for the planner to work towards", "none");
  }
  requireOwners(options);
  if (!followingOptions.some((option) => options[option] !== undefined)) return null;
  const { segmenter, task, lookEvery, judge } = { ...usual, ...options };
  const { parseJudgeSpec } = await import("../app/judgeSpec.ts");
  const { resolveSegmenter } = await import("../app/segmenterSpec.ts");
  const progress = createProgressLine(process.stderr);
  const found = await resolveSegmenter(segmenter, { progress, signal });
  const { startBox, goalBox } = options;
  return {
    task,
    goal: goal === undefined ? null : await readGoal(goal),
    boxes: {
      ...(startBox === undefined ? {} : { start: startBox }),
      ...(goalBox === undefined ? {} : { goal: goalBox }),
    },
    ...(found.kind === "colour" ? {} : { segmenter: found }),
    judge: parseJudgeSpec(judge),
    lookEvery,
    plan: isPlanned ? await planOf(planner, options) : null,
  };
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for an option that would be without effect. */
function requireOwners(options: AimOptions): void {
  for (const { option, for: owned } of belongings) {
    if (options[option] !== undefined) continue;
    const idle = owned.find((name) => options[name] !== undefined);
    if (idle === undefined) continue;
    throw argumentInvalid(`${flagOf(option)} with ${flagOf(idle)}`, `${flagOf(idle)} alone`);
  }
}

/** `goalBox` is `--goal-box`. */
function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

async function planOf(planner: string, options: AimOptions): Promise<LiveAim["plan"]> {
  const { parsePlannerChoice } = await import("../app/branches/plannerChoice.ts");
  const { parseWorldModelSpec } = await import("../app/branches/worldModelChoice.ts");
  const { verify, candidates, primitives } = { ...usual, ...options };
  return {
    planner: parsePlannerChoice(planner),
    candidateCount: candidates,
    primitiveCount: primitives,
    worldModel: verify === undefined ? null : parseWorldModelSpec(verify),
  };
}

function argumentInvalid(expected: string, found: string): DreamlogError {
  return new DreamlogError("ARGUMENT_INVALID", `expected ${expected}, found ${found}`);
}
