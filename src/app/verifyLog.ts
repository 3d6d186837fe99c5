import { isDreamlogError } from "../core/errors.ts";
import type { LogTables } from "../../store/logTables.ts";
import { compareBlobs } from "./verify/checkBlobs.ts";
import { fileDamage, unreadable, type LogProblem } from "./verify/logProblem.ts";
import { partsOf, verifyPart, type PartFindings } from "./verify/verifyPart.ts";

export type { LogProblem } from "./verify/logProblem.ts";

export interface LogCheck {
  readonly isSound: boolean;
  /** Events and blobs that were held against their digests. */
  readonly events: number;
  readonly blobs: number;
  readonly problems: readonly LogProblem[];
}

/** Another partition of a check finds the same; a test holds them against one another. */
const defaultRangeEvents = 100_000;

/**
 * Recomputes every digest of the log from its bytes: payloads, content, chains, producers, blobs;
 * and holds sessions, blobs, the log's end and the file's own structure against what the events say.
 * Trusts nothing but the algorithm, so it reads rows and not parsed events, and finds what was
 * changed anywhere. What a damaged page holds is a problem by its place, and the rest is checked.
 * `verifyLogFile` does the same on several threads.
 *
 * @param onProgress - parts done and in all; called often, and may throw to end the check.
 */
export function verifyLog(
  tables: LogTables,
  onProgress: (done: number, total: number) => void = () => undefined,
  rangeEvents = defaultRangeEvents,
): LogCheck {
  const parts = partsOf(tables, rangeEvents);
  const findings = parts.map((part, done) => {
    const found = verifyPart(tables, part, () => onProgress(done, parts.length));
    onProgress(done + 1, parts.length);
    return found;
  });
  return joinFindings(tables, findings);
}

/** Puts the parts together: what only the whole log can tell is found here. */
export function joinFindings(tables: LogTables, findings: readonly PartFindings[]): LogCheck {
  const structure = findings.flatMap((part) => part.structure);
  const events = findings.flatMap((part) => (part.events === null ? [] : [part.events]));
  const blobs = findings.flatMap((part) => part.blobs);
  const problems = [
    ...structure.map(fileDamage),
    ...events.flatMap((part) => part.problems),
    ...checkTail(tables),
    ...compareBlobs(
      tables,
      blobs,
      events.flatMap(({ named }) => named),
      events.flatMap(({ prunedLists }) => prunedLists),
    ),
  ];
  return {
    isSound: problems.length === 0,
    events: events.reduce((sum, part) => sum + part.events, 0),
    blobs: blobs.length,
    problems,
  };
}

/** A log may have grown since its end was noted, but never shrunk. */
function checkTail(tables: LogTables): readonly LogProblem[] {
  try {
    const tail = tables.tail();
    if (tail === undefined || tail.position === 0) return [];
    const { position, chainDigest } = tail;
    const found = tables.linkAt(position)?.chainDigest ?? null;
    if (found === chainDigest) return [];
    const last = tables.lastPosition();
    const what = `expected event ${chainDigest ?? "(unknown)"} at position ${position}, where the log ended at its last commit, found ${found ?? `the end at ${last}`}`;
    return [{ code: "TAIL_MISSING", session: null, seq: null, position, blob: null, what }];
  } catch (error) {
    if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    return [fileDamage(unreadable("the log's end", error))];
  }
}
