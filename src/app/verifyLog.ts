import { isDreamlogError } from "../core/errors.ts";
import type { LogTables } from "../../store/logTables.ts";
import { compareBlobs, digestBlobs, type FoundBlob } from "./verify/checkBlobs.ts";
import { checkEvents, type EventRange, type EventsCheck } from "./verify/checkEvents.ts";
import { fileDamage, type LogProblem } from "./verify/logProblem.ts";

export type { LogProblem } from "./verify/logProblem.ts";

export interface LogCheck {
  readonly isSound: boolean;
  readonly events: number;
  readonly blobs: number;
  readonly problems: readonly LogProblem[];
}

/** What the parts of a check found, whoever carried them out. */
export interface LogFindings {
  readonly structure: readonly string[];
  /** In order of position. */
  readonly events: readonly EventsCheck[];
  readonly blobs: readonly FoundBlob[];
}

/** Another partition of a check finds the same; a test holds them against one another. */
const defaultRangeEvents = 100_000;

/**
 * Recomputes every digest of the log from its bytes: payloads, content, chains, producers, blobs;
 * and holds sessions, blobs, the log's end and the file's own structure against what the events say.
 * Trusts nothing but the algorithm, so it reads rows and not parsed events, and finds what was
 * changed anywhere. `verifyLogFile` does the same on several threads.
 */
export function verifyLog(
  tables: LogTables,
  onProgress: (done: number, total: number) => void = () => undefined,
  rangeEvents = defaultRangeEvents,
): LogCheck {
  const found = {
    structure: [] as string[],
    events: [] as EventsCheck[],
    blobs: [] as FoundBlob[],
  };
  const problems: LogProblem[] = [];
  const counts = { events: 0, blobs: 0 };
  try {
    found.structure.push(...tables.structuralDamage());
    Object.assign(counts, countsOf(tables));
    const total = counts.events + counts.blobs;
    for (const range of rangesOf(tables.lastPosition(), rangeEvents)) {
      const check = checkEvents(tables, range, (done) =>
        onProgress(Math.min(done, counts.events), total),
      );
      found.events.push(check);
    }
    found.blobs.push(...digestBlobs(tables, "", (done) => onProgress(counts.events + done, total)));
    problems.push(...problemsIn(tables, found));
  } catch (error) {
    // Some page cannot be read at all; what was found up to here still counts.
    if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    problems.push(
      ...found.structure.map(fileDamage),
      ...found.events.flatMap((check) => check.problems),
      fileDamage(error.message),
    );
  }
  return { isSound: problems.length === 0, ...counts, problems };
}

export function countsOf(tables: LogTables): { readonly events: number; readonly blobs: number } {
  const { events, blobs } = tables.counts();
  return { events, blobs };
}

/** Consecutive ranges that cover a log. */
export function rangesOf(lastPosition: number, rangeEvents: number): readonly EventRange[] {
  return Array.from({ length: Math.ceil(lastPosition / rangeEvents) }, (_, at) => ({
    afterPosition: at * rangeEvents,
    uptoPosition: Math.min((at + 1) * rangeEvents, lastPosition),
  }));
}

/** Puts the parts together: what only the whole log can tell is found here. */
export function problemsIn(tables: LogTables, found: LogFindings): readonly LogProblem[] {
  return [
    ...found.structure.map(fileDamage),
    ...found.events.flatMap(({ problems }) => problems),
    ...checkTail(tables),
    ...compareBlobs(
      tables,
      found.blobs,
      found.events.flatMap(({ named }) => named),
      found.events.flatMap(({ prunedLists }) => prunedLists),
    ),
  ];
}

/** A log may have grown since its end was noted, but never shrunk. */
function checkTail(tables: LogTables): readonly LogProblem[] {
  const tail = tables.tail();
  if (tail === undefined || tail.position === 0) return [];
  const { position, chainDigest } = tail;
  const found = tables.linkAt(position)?.chainDigest ?? null;
  if (found === chainDigest) return [];
  const last = tables.lastPosition();
  const what = `expected event ${chainDigest ?? "(unknown)"} at position ${position}, where the log ended at its last commit, found ${found ?? `the end at ${last}`}`;
  return [{ code: "TAIL_MISSING", session: null, seq: null, position, blob: null, what }];
}
