import type { LogCheck, LogProblem } from "../app/verifyLog.ts";
import { columns, wrapText } from "./format.ts";

/** Problems that are printed; the first say where to look, and `--json` has them all. */
const shownProblems = 50;

/** What a full check of a log found, for people to read. */
export function checkLines({ isSound, problems }: LogCheck): readonly string[] {
  if (isSound) return ["sound"];
  const rest = problems.length - shownProblems;
  return [
    ...problems.slice(0, shownProblems).map(problemLine),
    ...(rest > 0 ? [`… and ${rest} more, all of them with --json`] : []),
    problems.length === 1 ? "1 problem" : `${problems.length} problems`,
  ];
}

function problemLine({ code, session, seq, position, blob, what }: LogProblem): string {
  const places = [
    session === null ? [] : [`${session}#${String(seq)}`],
    position === null ? [] : [`position ${position}`],
    blob === null ? [] : [`blob ${blob}`],
  ].flat();
  return wrapText([code, ...places].join(" ") + `: ${what}`, columns, "  ");
}
