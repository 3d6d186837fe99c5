import type { EventId } from "../src/events/envelope.ts";

/** An id as what comes before its number and the number it ends in. */
export interface NumberedId {
  readonly prefix: string;
  /** −1 where it ends in none; `prefix` is the whole id then. */
  readonly number: number;
}

/** Ids of one pack that share a prefix and whose numbers count up by one. */
export interface IdRun {
  readonly prefix: string;
  readonly first: number;
  readonly last: number;
}

const zero = 0x30;
const nine = 0x39;
/** Numbers of that many digits are exact. */
const maxDigits = 15;

/**
 * Splits an id before the longest number that it ends in, without leading zeros, so that prefix and
 * number together say the same id and no two ids say the same.
 */
export function splitId(id: EventId): NumberedId {
  let start = id.length;
  let number = 0;
  let scale = 1;
  for (let at = id.length - 1; at >= 0 && id.length - at <= maxDigits; at--) {
    const code = id.charCodeAt(at);
    if (code < zero || code > nine) break;
    // A number may be 0 but not begin with it.
    if (code !== zero || at === id.length - 1) {
      start = at;
      number += (code - zero) * scale;
    }
    scale *= 10;
  }
  return start === id.length ? { prefix: id, number: -1 } : { prefix: id.slice(0, start), number };
}

/** The fewest runs that say the ids of a pack, in the order in which they begin. */
export function runsOf(ids: readonly EventId[]): readonly IdRun[] {
  const runs: { prefix: string; first: number; last: number }[] = [];
  const latest = new Map<string, { last: number }>();
  for (const id of ids) {
    const { prefix, number } = splitId(id);
    const run = latest.get(prefix);
    if (run !== undefined && number === run.last + 1) run.last = number;
    else {
      const begun = { prefix, first: number, last: number };
      runs.push(begun);
      latest.set(prefix, begun);
    }
  }
  return runs;
}
