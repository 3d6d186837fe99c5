import type { Position, StoredEvent } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";

/** What verifying needs of a log. */
export type ReplayedLog = Pick<EventLog, "get" | "read" | "effectsOf">;

/** Events kept: the causes of a session's candidates ask for the same few again and again. */
const keptCount = 256;

/** A log that has the events at hand that were asked for lately. */
export function withRecentEvents(log: ReplayedLog): ReplayedLog {
  const kept = new Map<Position, StoredEvent>();
  return {
    read: (query) => log.read(query),
    effectsOf: (position) => log.effectsOf(position),
    async get(position) {
      const event = kept.get(position) ?? (await log.get(position));
      if (event === undefined) return undefined;
      kept.delete(position);
      // A map keeps the order in which keys came, so the oldest use comes first.
      kept.set(position, event);
      const [oldest] = kept.keys();
      if (kept.size > keptCount && oldest !== undefined) kept.delete(oldest);
      return event;
    },
  };
}
