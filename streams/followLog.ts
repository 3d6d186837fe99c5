import { Observable } from "rxjs";
import type { Position, StoredEvent } from "../src/events/envelope.ts";
import type { EventLog, ReadQuery } from "../src/ports/eventLog.ts";

/** Events read ahead of the subscriber at most. */
const pageSize = 256;

/**
 * Every event of the log after `afterPosition`: first those that are there, then new ones as they are
 * appended, through this object or by another process, each once and in order of position.
 *
 * One page is held at a time and the next is read when the last event of this one was taken, so
 * memory does not grow with the log.
 *
 * @param query.session - only this session's own events and its shared prefix.
 */
export function followLog(
  log: EventLog,
  query: Pick<ReadQuery, "session" | "types" | "afterPosition"> = {},
): Observable<StoredEvent> {
  return new Observable((subscriber) => {
    let afterPosition: Position = query.afterPosition ?? 0;
    let isReading = false;
    let isStale = true;

    const catchUp = async () => {
      if (isReading) return;
      isReading = true;
      // An append during a read marks the log stale again, so the loop goes round once more and no
      // event falls between the last page and the next notice.
      while (isStale && !subscriber.closed) {
        isStale = false;
        const page = await log.read({ ...query, afterPosition, limit: pageSize });
        for (const event of page) {
          afterPosition = event.position;
          subscriber.next(event);
        }
        if (page.length === pageSize) isStale = true;
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
