import type Database from "better-sqlite3";
import { decodePack, eventsOf } from "./eventPack.ts";
import type { LogTables } from "./logTables.ts";
import { everyPack } from "./sqlitePacks.ts";

type Counts = ReturnType<LogTables["counts"]>;

/** What a log holds, by a look at all of its rows. */
export function countRows(database: Database.Database): Counts {
  const count = (sql: string) => database.prepare<[], number>(sql).pluck().get() ?? 0;
  return {
    sessions: count("SELECT count(*) FROM sessions"),
    events:
      count("SELECT count(*) FROM events") +
      count("SELECT coalesce(sum(last_position - first_position + 1), 0) FROM event_packs"),
    byType: countTypes(database),
    byMediaType: countMediaTypes(database),
  };
}

function countTypes(database: Database.Database): Counts["byType"] {
  const rows = database
    .prepare<[], { type: string; events: number; bytes: number }>(
      "SELECT type, count(*) AS events, sum(length(payload)) AS bytes FROM events GROUP BY type",
    )
    .all();
  const counts = new Map(rows.map((row) => [row.type, row]));
  for (const pack of everyPack(database)) {
    for (const { type, payload } of eventsOf(decodePack(pack))) {
      const known = counts.get(type) ?? { type, events: 0, bytes: 0 };
      counts.set(type, known);
      known.events += 1;
      known.bytes += payload.length;
    }
  }
  return [...counts.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function countMediaTypes(database: Database.Database): Counts["byMediaType"] {
  return database
    .prepare<[], Counts["byMediaType"][number]>(
      `SELECT media_type AS mediaType, count(*) AS blobs, sum(length_bytes) AS bytes FROM (
         SELECT media_type, length(bytes) AS length_bytes FROM blobs
         UNION ALL SELECT media_type, length_bytes FROM placed_blobs
       ) GROUP BY media_type ORDER BY media_type`,
    )
    .all();
}
