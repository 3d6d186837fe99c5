import { bufferTime, concatMap, filter, from, mergeMap, type OperatorFunction } from "rxjs";
import type { NewEvent, StoredEvent } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";

/**
 * Appends each event and only then lets it pass: nothing downstream can act on an event the log does
 * not hold. `concatMap` keeps one append in flight, so log order is stream order.
 */
export function recordInto(log: EventLog): OperatorFunction<NewEvent, StoredEvent> {
  return concatMap((event) => from(log.append([event])).pipe(mergeMap((stored) => stored)));
}

/**
 * The same for fast sources: events that arrive within `windowMs`, at most `maxCount` of them, share
 * one transaction. Order is kept; an event waits at most the window and the appends before it.
 */
export function recordBatchesInto(
  log: EventLog,
  { windowMs, maxCount }: { readonly windowMs: number; readonly maxCount: number },
): OperatorFunction<NewEvent, StoredEvent> {
  return (events$) =>
    events$.pipe(
      bufferTime(windowMs, null, maxCount),
      filter((batch) => batch.length > 0),
      concatMap((batch) => from(log.append(batch)).pipe(mergeMap((stored) => stored))),
    );
}
