import { dirname } from "node:path";
import { DreamlogError } from "../../core/errors.ts";
import { sessionName, type RunContext } from "../runContext.ts";
import type { StageName } from "../runPipeline.ts";
import type { RunSettings } from "../settings.ts";
import { reachOf, type BranchRequest } from "./branchRequest.ts";
import { findRun } from "./findRun.ts";
import { makeBranch } from "./makeBranch.ts";
import { recomputeBranch, type BranchWork } from "./recomputeBranch.ts";
import type { RunName } from "./runBranch.ts";

export interface RecomputedBranch {
  /** What it branches from. */
  readonly run: RunName;
  readonly branch: RunName;
  readonly from: StageName;
  readonly settings: RunSettings;
  readonly work: BranchWork;
}

/**
 * Branches a run of the log and recomputes what the branch changes and all below it.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for settings the run cannot take, and what finding the
 *   run, making the branch and its stages throw.
 */
export async function makeAndRecompute(
  working: Pick<RunContext, "open" | "progress" | "signal" | "jobs">,
  asked: { readonly run?: RunName; readonly name: string; readonly request: BranchRequest },
): Promise<RecomputedBranch> {
  const { open } = working;
  const run = await findRun(open.log, asked.run);
  requireWithinRun(asked.request, run.settings, await open.log.lastPosition());
  const settings = await makeBranch(open, run.settings, asked.name, asked.request);
  const { from } = reachOf(asked.request);
  // Stages that recompute a branch write no files.
  const context: RunContext = { ...working, settings, outDir: dirname(open.path) };
  const work = await recomputeBranch(context, from);
  return { run: run.name, branch: sessionName(settings), from, settings, work };
}

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
function requireWithinRun(
  request: BranchRequest,
  { candidateCount }: RunSettings,
  lastPosition: number,
): void {
  if (request.kind !== "retrain") return;
  const { candidateCount: k = 2, uptoPosition = 1 } = request;
  const isK = k >= 2 && k <= candidateCount;
  if (isK && uptoPosition >= 1 && uptoPosition <= lastPosition) return;
  throw isK
    ? outOfRange("a position", 1, lastPosition, uptoPosition)
    : outOfRange("K", 2, candidateCount, k);
}

function outOfRange(what: string, min: number, max: number, found: number): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `expected ${what} from ${min} to ${max} in this log, found ${found}`,
    { what, min, max, found },
  );
}
