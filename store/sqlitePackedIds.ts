import type Database from "better-sqlite3";
import type { EventId, Position } from "../src/events/envelope.ts";
import { runsOf, splitId } from "./idRuns.ts";

/** Numbers after a prefix that no stored event has in its id. */
interface Gap {
  next: number;
  readonly upto: number;
}

const noGap: Gap = { next: Infinity, upto: -Infinity };

/** The table `packed_ids`. */
export interface PackedIds {
  insert(ids: readonly EventId[], pack: Position): void;
  /** First position of the pack that holds this id. */
  packOf(id: EventId): Position | undefined;
  /**
   * True, once, where nothing stored or told of before has this id: ids that count up are looked for
   * once for all of them. False says nothing.
   */
  isSurelyNew(id: EventId): boolean;
  /** An event that is in no pack has this id from now on. */
  noteUnpacked(id: EventId): void;
  /** Drops what it remembers; others may have written since. */
  forget(): void;
}

export function createPackedIds(database: Database.Database): PackedIds {
  const insertRun = database.prepare<[string, number, number, Position]>(
    "INSERT OR FAIL INTO packed_ids (prefix, first, last, pack) VALUES (?, ?, ?, ?)",
  );
  const runUpto = database
    .prepare<[string, number], [last: number, pack: Position]>(
      `SELECT last, pack FROM packed_ids WHERE prefix = ? AND first <= ?
       ORDER BY first DESC LIMIT 1`,
    )
    .raw();
  const runAfter = database
    .prepare<[string, number], number>(
      "SELECT first FROM packed_ids WHERE prefix = ? AND first > ? ORDER BY first LIMIT 1",
    )
    .pluck();
  // A colon comes after the digits: finds every id of the prefix and a number, and a few others.
  const unpacked = database
    .prepare<[string, string], 1>("SELECT 1 FROM events WHERE id >= ? AND id < ? LIMIT 1")
    .pluck();
  const gaps = new Map<string, Gap>();

  const gapAt = (prefix: string, number: number): Gap => {
    if (unpacked.get(prefix, `${prefix}:`) !== undefined) return noGap;
    const before = runUpto.get(prefix, number);
    const after = runAfter.get(prefix, number);
    return {
      next: before === undefined ? -1 : before[0] + 1,
      upto: after === undefined ? Infinity : after - 1,
    };
  };

  return {
    insert(ids, pack) {
      for (const { prefix, first, last } of runsOf(ids)) insertRun.run(prefix, first, last, pack);
    },
    packOf(id) {
      const { prefix, number } = splitId(id);
      const run = runUpto.get(prefix, number);
      return run !== undefined && run[0] >= number ? run[1] : undefined;
    },
    isSurelyNew(id) {
      const { prefix, number } = splitId(id);
      let gap = gaps.get(prefix);
      if (gap === undefined) {
        gap = gapAt(prefix, number);
        gaps.set(prefix, gap);
      }
      if (number < gap.next || number > gap.upto) return false;
      gap.next = number + 1;
      return true;
    },
    noteUnpacked: (id) => void gaps.set(splitId(id).prefix, noGap),
    forget: () => gaps.clear(),
  };
}
