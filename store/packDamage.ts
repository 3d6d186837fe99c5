import type Database from "better-sqlite3";
import { isDreamlogError } from "../src/core/errors.ts";
import type { EventId } from "../src/events/envelope.ts";
import { decodePack, eventsOf, type PackRow } from "./eventPack.ts";
import { runsOf } from "./idRuns.ts";
import { createPackedIds } from "./sqlitePackedIds.ts";
import { everyPack } from "./sqlitePacks.ts";

/**
 * Packs that cannot be read, and what their ids are found by where it is not what they say: no digest
 * covers that.
 *
 * @param maxLines - of the answer.
 */
export function packDamage(database: Database.Database, maxLines: number): readonly string[] {
  const lines: string[] = [];
  const runAt = database
    .prepare<[string, number], [last: number, pack: number]>(
      "SELECT last, pack FROM packed_ids WHERE prefix = ? AND first = ?",
    )
    .raw();
  const runCount = database.prepare<[], number>("SELECT count(*) FROM packed_ids").pluck();
  let expectedRuns = 0;
  for (const pack of everyPack(database)) {
    if (lines.length >= maxLines) return lines;
    const runs = runsOf(idsOf(pack, lines));
    expectedRuns += runs.length;
    const isFound = runs.every(({ prefix, first, last }) => {
      const run = runAt.get(prefix, first);
      return run?.[0] === last && run[1] === pack[0];
    });
    if (!isFound) lines.push(`events ${pack[0]} to ${pack[1]} are not found by their ids`);
  }
  const found = runCount.get() ?? 0;
  if (lines.length === 0 && found !== expectedRuns)
    lines.push(`expected ${expectedRuns} runs of ids of packed events, found ${found}`);
  return expectedRuns === 0 ? lines : [...lines, ...idsTwice(database, maxLines)];
}

/** None, and a line more, for a pack that cannot be read. */
function idsOf(pack: PackRow, lines: string[]): readonly EventId[] {
  try {
    return eventsOf(decodePack(pack)).map(({ id }) => id);
  } catch (error) {
    if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    lines.push(error.message);
    return [];
  }
}

/** Ids of events with a row of their own that a pack has as well. */
function idsTwice(database: Database.Database, maxLines: number): readonly string[] {
  const packedIds = createPackedIds(database);
  const lines: string[] = [];
  const rows = database.prepare<[], [id: string, position: number]>(
    "SELECT id, position FROM events",
  );
  for (const [id, position] of rows.raw().iterate()) {
    if (lines.length >= maxLines) break;
    const pack = packedIds.packOf(id);
    if (pack !== undefined)
      lines.push(`the id ${id} of the event at ${position} is also in the pack at ${pack}`);
  }
  return lines;
}
