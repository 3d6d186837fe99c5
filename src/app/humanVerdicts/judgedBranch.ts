import { dirname } from "node:path";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { branchNameFrom } from "../branches/branchName.ts";
import { findRun, runOfSession, runsOf } from "../branches/findRun.ts";
import { makeBranch } from "../branches/makeBranch.ts";
import type { MadeSettings } from "../branches/resolvePlanner.ts";
import type { RunName } from "../branches/runBranch.ts";
import { sessionName, type RunContext } from "../runContext.ts";
import { judge } from "../stages/judge.ts";

export interface DreamedRun {
  readonly name: RunName;
  readonly settings: MadeSettings;
}

/**
 * A run whose dreams people may judge, evaluated or not.
 *
 * @param name - the log's only run when left out.
 * @throws {DreamlogError} `SESSION_UNKNOWN` when there is no such run, or several and no name.
 */
export async function findDreamedRun(log: EventLog, name?: RunName): Promise<DreamedRun> {
  const runs = await runsOf(log);
  const roots = runs.filter((run) => !run.includes("+"));
  const wanted = name ?? (roots.length === 1 ? roots[0]! : "");
  if (runs.includes(wanted)) {
    return { name: wanted, settings: await runOfSession(log, `${wanted}/judge`) };
  }
  throw new DreamlogError(
    "SESSION_UNKNOWN",
    `expected a run of this log, found ${name === undefined ? `${roots.length} runs` : `"${name}"`}; it holds ${runs.join(", ") || "none"}: name one of these, with --run or as LOG@RUN`,
    { name: name ?? null, runs },
  );
}

/**
 * Branches a run by a rater's verdicts, as far as its preference pairs: what `dreamlog compare` reads.
 * `dreamlog rejudge` goes on with the same branch.
 *
 * @returns the branch; null where there is no evaluated run to branch, or the rater has a branch of
 *   other answers already.
 */
export async function branchByRater(
  working: Pick<RunContext, "open" | "progress" | "signal">,
  run: RunName,
  rater: string,
): Promise<RunName | null> {
  try {
    const { settings } = await findRun(working.open.log, run);
    const branched = await makeBranch(working.open, settings, raterBranch(rater), {
      kind: "rejudge",
      judge: { kind: "human", rater },
    });
    await judge({ ...working, settings: branched, outDir: dirname(working.open.path), jobs: 1 });
    return sessionName(branched);
  } catch (error) {
    const isExpected =
      isDreamlogError(error, "STAGE_INCOMPLETE") || isDreamlogError(error, "EVENT_CONFLICT");
    if (!isExpected) throw error;
    return null;
  }
}

/** As `dreamlog rejudge --judge human:rater=…` names it. */
export function raterBranch(rater: string): string {
  return branchNameFrom(`judge-human:rater=${rater}`);
}
