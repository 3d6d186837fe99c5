import { Observable } from "rxjs";
import type { Position, StoredEvent } from "../src/events/envelope.ts";
import type { EventLog, ReadQuery } from "../src/ports/eventLog.ts";

/** Events read ahead of the subscriber at most. */
export const followPageSize = 256;

export type FollowQuery = Pick<ReadQuery, "session" | "types" | "afterPosition">;

/**
 * Every event of the log after `afterPosition`: first those that are there, then new ones as they are
 * appended, through this object or by another process, each once and in order of position.
 *
 * One page is held at a time and the next is read when the last event of this one was taken, so
 * memory does not grow with the log. An operator behind it that takes its time (`concatMap`) keeps
 * what it was given without a bound: for slow work use `processLog`.
 *
 * @param query.session - only this session's own events and its shared prefix.
 */
export function followLog(log: EventLog, query: FollowQuery = {}): Observable<StoredEvent> {
  return followWith(log, query, (event, emit) => emit(event));
}

/**
 * Follows the log with work that takes time: the next event is handed over when the work on the last
 * is done, so a slow subscriber holds the log back and nothing piles up.
 *
 * @param work - one call at a time, in order of position; its failure ends the stream.
 */
export function processLog<Result>(
  log: EventLog,
  query: FollowQuery,
  work: (event: StoredEvent) => Promise<Result>,
): Observable<Result> {
  return followWith<Result>(log, query, async (event, emit) => emit(await work(event)));
}

function followWith<Result>(
  log: EventLog,
  query: FollowQuery,
  take: (event: StoredEvent, emit: (result: Result) => void) => void | Promise<void>,
): Observable<Result> {
  return new Observable((subscriber) => {
    let afterPosition: Position = query.afterPosition ?? 0;
    let isReading = false;
    let isStale = true;
    const isOver = () => subscriber.closed;
    const emit = (result: Result) => subscriber.next(result);

    const catchUp = async () => {
      if (isReading) return;
      isReading = true;
      // An append during a read marks the log stale again, so the loop goes round once more and no
      // event falls between the last page and the next notice.
      while (isStale && !isOver()) {
        isStale = false;
        const page = await log.read({ ...query, afterPosition, limit: followPageSize });
        for (const event of page) {
          if (isOver()) return;
          afterPosition = event.position;
          const taken = take(event, emit);
          if (taken !== undefined) await taken;
        }
        if (page.length === followPageSize) isStale = true;
      }
      isReading = false;
    };
    const notice = () => {
      isStale = true;
      catchUp().catch((error: unknown) => subscriber.error(error));
    };

    const stopWatching = log.onAppend(notice);
    notice();
    return stopWatching;
  });
}
