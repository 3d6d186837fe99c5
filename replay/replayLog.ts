import { from, lastValueFrom, mergeMap, reduce, takeWhile } from "rxjs";
import { DreamlogError, isDreamlogError } from "../src/core/errors.ts";
import type { Position, StoredEvent } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";
import { planRanges, type ReplayScope } from "./planRanges.ts";
import { addCounts, nothingReplayed, type ReplayCounts } from "./replayReport.ts";
import type { ReplayRange } from "./verifyRange.ts";

export interface ReplayOptions extends ReplayScope {
  /** Ranges verified at a time. */
  readonly jobs: number;
  /** Verifies one range, here or in another thread. */
  readonly verifyRange: (range: ReplayRange) => Promise<ReplayCounts>;
  /** Called before the first range and after each. */
  readonly onRange?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What came of a log. */
export interface ReplaySummary extends ReplayCounts {
  /** Derived events that follow from a diverged one: sound as such, but made from something wrong. */
  readonly downstream: number;
}

/**
 * Recomputes every derived event of a log from the events it names. Each is held against its causes
 * as they are stored, so ranges can be verified in any order and by many threads, with one answer.
 *
 * @throws {DreamlogError} `INTERRUPTED` once the signal is aborted; what a range throws.
 */
export async function replayLog(log: EventLog, options: ReplayOptions): Promise<ReplaySummary> {
  const { jobs, verifyRange, onRange, signal } = options;
  const ranges = await planRanges(log, options, jobs);
  let done = 0;
  onRange?.(0, ranges.length);
  const counts = await lastValueFrom(
    from(ranges).pipe(
      takeWhile(() => signal?.aborted !== true),
      // Its concurrency bounds what waits for a thread to one range each; sums have no order.
      mergeMap(async (range) => {
        const part = await verifyRange(range);
        done += 1;
        onRange?.(done, ranges.length);
        return part;
      }, jobs),
      reduce(addCounts, nothingReplayed),
    ),
  );
  if (done < ranges.length) {
    throw new DreamlogError("INTERRUPTED", "the replay was interrupted; nothing was written", {
      done,
      total: ranges.length,
    });
  }
  return { ...counts, downstream: await countDownstream(log, counts.diverged) };
}

/** Derived events that a diverged one is among the causes of, directly or through others. */
async function countDownstream(log: EventLog, diverged: readonly Position[]): Promise<number> {
  const isDiverged = new Set(diverged);
  const reached = new Set<Position>();
  const waiting = [...diverged];
  for (let position = waiting.pop(); position !== undefined; position = waiting.pop()) {
    for (const effect of await effectsOf(log, position)) {
      if (effect.kind !== "derived" || reached.has(effect.position)) continue;
      reached.add(effect.position);
      waiting.push(effect.position);
    }
  }
  return [...reached].filter((position) => !isDiverged.has(position)).length;
}

/** None where one of them cannot be read: that one has diverged itself, and is told of. */
async function effectsOf(log: EventLog, position: Position): Promise<readonly StoredEvent[]> {
  try {
    return await log.effectsOf(position);
  } catch (error) {
    if (!isDreamlogError(error)) throw error;
    return [];
  }
}
