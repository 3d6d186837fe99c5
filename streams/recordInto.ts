import {
  bufferTime,
  concatAll,
  concatMap,
  filter,
  finalize,
  from,
  Observable,
  tap,
  type OperatorFunction,
} from "rxjs";
import { DreamlogError } from "../src/core/errors.ts";
import type { NewEvent, StoredEvent } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";

/** Events that may wait for the log where a caller names no other limit. */
const defaultMaxWaiting = 4096;

export interface RecordLimits {
  /** Events (or batches of them) that may wait for the append before them. Default 4096. */
  readonly maxWaiting?: number;
}

/**
 * Appends each event and only then lets it pass: nothing downstream can act on an event the log does
 * not hold. One append is in flight, so log order is stream order.
 *
 * A source that pushes cannot be held back: when more than `maxWaiting` events wait, the stream ends
 * with `STREAM_OVERFLOW` and no event is dropped unseen. A source that can be pulled wants
 * `recordFrom`.
 */
export function recordInto(
  log: EventLog,
  limits: RecordLimits = {},
): OperatorFunction<NewEvent, StoredEvent> {
  return (events$) => events$.pipe(appendInTurn((event) => log.append([event]), limits));
}

/**
 * The same for fast sources: events that arrive within `windowMs`, at most `maxCount` of them, share
 * one transaction. Order is kept; an event waits at most the window and the appends before it.
 */
export function recordBatchesInto(
  log: EventLog,
  {
    windowMs,
    maxCount,
    ...limits
  }: { readonly windowMs: number; readonly maxCount: number } & RecordLimits,
): OperatorFunction<NewEvent, StoredEvent> {
  return (events$) =>
    events$.pipe(
      bufferTime(windowMs, null, maxCount),
      filter((batch) => batch.length > 0),
      appendInTurn((batch) => log.append(batch), limits),
    );
}

/**
 * Appends what an iterable yields, and asks it for the next event only when the log holds the last:
 * the log's speed holds the source back.
 */
export function recordFrom(
  log: EventLog,
  source: Iterable<NewEvent> | AsyncIterable<NewEvent>,
): Observable<StoredEvent> {
  return new Observable((subscriber) => {
    const record = async () => {
      for await (const event of source) {
        for (const stored of await log.append([event])) subscriber.next(stored);
        if (subscriber.closed) return;
      }
      subscriber.complete();
    };
    record().catch((error: unknown) => subscriber.error(error));
  });
}

/** `concatMap` with a limit on what waits in it. */
function appendInTurn<Item>(
  append: (item: Item) => Promise<readonly StoredEvent[]>,
  { maxWaiting = defaultMaxWaiting }: RecordLimits,
): OperatorFunction<Item, StoredEvent> {
  return (items$) => {
    let waiting = 0;
    return items$.pipe(
      tap(() => {
        // The one in flight does not wait.
        if (waiting > maxWaiting) throw overflow(maxWaiting);
        waiting += 1;
      }),
      concatMap((item) =>
        from(append(item)).pipe(
          concatAll(),
          finalize(() => (waiting -= 1)),
        ),
      ),
    );
  };
}

function overflow(maxWaiting: number): DreamlogError {
  return new DreamlogError(
    "STREAM_OVERFLOW",
    `expected at most ${maxWaiting} events to wait for the log, found one more; record in batches, slow the source down or allow more`,
    { maxWaiting },
  );
}
