import { sessionName } from "../runContext.ts";
import { compareScores, type ScoreChange } from "./compareScores.ts";
import { compareVerdicts, type VerdictComparison } from "./compareVerdicts.ts";
import { readTrialScores, readVerdicts, type RunInLog } from "./readResults.ts";

/** A side of a comparison as people name it. */
export interface ComparedRun extends RunInLog {
  /** Path of the log. */
  readonly path: string;
}

/** Two runs, or a run and its branch, held against each other; JSON-able. */
export interface RunComparison {
  readonly a: string;
  readonly b: string;
  readonly verdicts: VerdictComparison;
  /** Without the methods whose trials both share. */
  readonly scores: readonly ScoreChange[];
}

/** @throws {DreamlogError} what reading the logs throws. */
export async function compareRuns(a: ComparedRun, b: ComparedRun): Promise<RunComparison> {
  const isOneLog = a.path === b.path;
  return {
    a: nameOf(a),
    b: nameOf(b),
    verdicts: compareVerdicts(await readVerdicts(a), await readVerdicts(b)),
    scores: compareScores(
      await readTrialScores(a),
      await readTrialScores(b),
      (sessionA, sessionB) => isOneLog && sessionA === sessionB,
    ),
  };
}

function nameOf({ path, settings }: ComparedRun): string {
  return `${path}@${sessionName(settings)}`;
}
