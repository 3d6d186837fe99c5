import type Database from "better-sqlite3";
import { packDamage } from "./packDamage.ts";

/** Lines of one kind of damage at most: one bad page can break a rule a million times. */
const maxDamageLines = 100;

/** Rows that belong to nothing, and numbers that only order others: no digest covers them. */
const strays: readonly { readonly what: string; readonly sql: string }[] = [
  {
    what: "causes of an event that is not there, at position",
    sql: "SELECT DISTINCT event FROM causes WHERE event NOT IN (SELECT position FROM events)",
  },
  {
    what: "causes that are not numbered from 0, at position",
    sql: "SELECT event FROM causes GROUP BY event HAVING min(ordinal) <> 0 OR max(ordinal) <> count(*) - 1",
  },
  {
    what: "a session without an event, number",
    sql: `SELECT number FROM sessions WHERE number NOT IN (SELECT session FROM events)
          AND number NOT IN (SELECT session FROM event_packs)`,
  },
];

/** Damage of the file itself: its pages, its indexes, and rows that belong to nothing; a line each. */
export function structuralDamage(database: Database.Database): readonly string[] {
  const pages = database
    .prepare<[], string>(`PRAGMA integrity_check(${maxDamageLines})`)
    .pluck()
    .all()
    .filter((line) => line !== "ok");
  // The rows cannot be asked reliably through broken pages.
  if (pages.length > 0) return pages;
  const rows = strays.flatMap(({ what, sql }) =>
    database
      .prepare<[], number>(`${sql} LIMIT ${maxDamageLines}`)
      .pluck()
      .all()
      .map((found) => `${what} ${found}`),
  );
  return [...rows, ...packDamage(database, maxDamageLines)];
}
