import { fc, test } from "@fast-check/vitest";
import type Database from "better-sqlite3";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { verifyLog, type LogCheck } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { digestBytes, type Digest } from "../../src/core/digest.ts";
import { DreamlogError } from "../../src/core/errors.ts";
import { openLog } from "../../store/openLog.ts";
import { behindTheLog, tamper } from "../store/rawConnection.ts";
import { boxed, closed, imported, sampled, started, testProducer } from "../store/sampleEvents.ts";
import { createFolder } from "../store/temporaryLog.ts";

const clock = new ManualClock(1);
const folder = createFolder();
const original = join(folder.path, "original.log");
const changed = join(folder.path, "changed.log");
const tables = ["events", "causes", "producers", "sessions", "blobs"] as const;

type Cell = number | string | Buffer | null;
type Row = Readonly<Record<string, Cell>>;

/** A tree of sessions with facts, derivations and blobs, all of them named by some event. */
beforeAll(async () => {
  const { log, ...open } = openLog({ path: original, clock });
  const put = (length: number) =>
    open.blobs.put(new Uint8Array(length).fill(length), "application/octet-stream");
  const small = await put(10);
  const large = await put(40_000);
  const [, box] = await log.append([
    started("root"),
    boxed("root", "box", 1),
    imported("root", "small", small),
    boxed("root", "second", 2, { causes: [1, 2], producer: { ...testProducer, version: 2 } }),
  ]);
  const [points] = await log.append([sampled("root", "points", [box!], "seed")]);
  await log.append([started("branch", { session: "root", event: "root/small" })]);
  await log.append([imported("branch", "large", large), closed("branch")]);
  await log.append([started("twig", { session: "branch", event: "root/box" })]);
  await log.append([sampled("twig", "points", [points!, box!], "seed")]);
  await open.close();
});
afterAll(folder.remove);

function checkFile(path: string): LogCheck {
  const open = openLog({ path, clock, mode: "readonly" });
  try {
    return verifyLog(open.tables);
  } finally {
    void open.close();
  }
}

/** Digest of every row of the log, as plain SQL sees it. */
function digestOfRows(path: string): Digest {
  const rows = behindTheLog(path, (database) =>
    tables.map((table) => database.prepare<[], Row>(`SELECT * FROM ${table} ORDER BY rowid`).all()),
  );
  return digestBytes(serialize(rows));
}

/** Changes one cell of one row in a copy of the log and answers the row as it was. */
function changeCell(
  table: string,
  column: string,
  pick: number,
  change: (cell: Cell) => Cell,
): Row {
  copyFileSync(original, changed);
  let row: Row = {};
  tamper(changed, (database: Database.Database) => {
    const rows = database
      .prepare<[], Row>(`SELECT rowid AS place, * FROM ${table} WHERE ${column} IS NOT NULL`)
      .all();
    row = rows[pick % rows.length]!;
    const update = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`);
    update.run(change(row[column]!), row["place"]);
  });
  return row;
}

function flipped(bytes: Uint8Array, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at % copy.length;
  copy[place] = copy[place]! ^ (1 << bit);
  return copy;
}

const byteColumns = [
  ["events", "payload"],
  ["events", "content_digest"],
  ["events", "chain_digest"],
  ["events", "key"],
  ["producers", "digest"],
  ["blobs", "digest"],
  ["blobs", "bytes"],
] as const;

const textColumns = [
  ["events", "id"],
  ["events", "type"],
  ["events", "kind"],
  ["events", "seed"],
  ["producers", "json"],
  ["sessions", "id"],
  ["blobs", "media_type"],
] as const;

const numberColumns = [
  ["events", "position"],
  ["events", "session"],
  ["events", "seq"],
  ["events", "version"],
  ["events", "source_time_us"],
  ["events", "log_time_us"],
  ["events", "producer"],
  ["causes", "event"],
  ["causes", "ordinal"],
  ["causes", "cause"],
  ["producers", "number"],
  ["sessions", "number"],
  ["sessions", "parent"],
  ["sessions", "fork_position"],
  ["sessions", "first_seq"],
] as const;

const bit = fc.integer({ min: 0, max: 7 });

/** The problem is where the row is: at its event, its blob, or an event that uses it. */
function expectLocated(check: LogCheck, table: string, row: Row): void {
  expect(check.isSound).toBe(false);
  if (table === "events") {
    expect(check.problems.map(({ position }) => position)).toContain(row["position"]);
  } else if (table === "blobs") {
    const digest = (row["digest"] as Buffer).toString("hex");
    expect(check.problems.map(({ blob }) => blob)).toContain(digest);
  } else {
    expect(check.problems.some(({ position }) => position !== null)).toBe(true);
  }
}

describe("promise 4: verify finds a changed byte anywhere and locates it", () => {
  test("finds nothing in a log that nobody changed", () => {
    copyFileSync(original, changed);
    tamper(changed, () => undefined);

    expect(checkFile(changed)).toEqual({ isSound: true, events: 10, blobs: 2, problems: [] });
  });

  test.prop([fc.constantFrom(...byteColumns), fc.nat(), fc.nat(), bit], { numRuns: 60 })(
    "one flipped bit of any payload, blob or digest",
    ([table, column], pick, at, whichBit) => {
      const row = changeCell(table, column, pick, (cell) => flipped(cell as Buffer, at, whichBit));

      expectLocated(checkFile(changed), table, row);
    },
  );

  test.prop([fc.constantFrom(...textColumns), fc.nat(), fc.nat()], { numRuns: 40 })(
    "one changed letter of any text",
    ([table, column], pick, at) => {
      const row = changeCell(table, column, pick, (cell) => {
        const bytes = Buffer.from(cell as string);
        // Bit 0 turns a letter, digit or quote of this log into another printable one.
        return flipped(bytes, at, 0).toString("latin1");
      });

      expectLocated(checkFile(changed), table, row);
    },
  );

  test.prop([fc.constantFrom(...numberColumns), fc.nat(), fc.constantFrom(-3, 1, 1000)], {
    numRuns: 60,
  })("any changed number", ([table, column], pick, delta) => {
    fc.pre(
      delta === 1000 ||
        !["position", "number", "session", "seq", "event", "ordinal"].includes(column),
    );
    changeCell(table, column, pick, (cell) => (cell as number) + delta);

    const check = checkFile(changed);
    expect(check.isSound).toBe(false);
    expect(check.problems[0]!.what).not.toBe("");
  });

  test.prop([fc.constantFrom(...tables), fc.nat()], { numRuns: 20 })(
    "any missing row, the last event included",
    (table, pick) => {
      copyFileSync(original, changed);
      tamper(changed, (database) => {
        const places = database
          .prepare<[], number>(`SELECT rowid AS place FROM ${table}`)
          .pluck()
          .all();
        database.prepare(`DELETE FROM ${table} WHERE rowid = ?`).run(places[pick % places.length]!);
      });

      expect(checkFile(changed).isSound).toBe(false);
    },
  );

  test.prop([fc.nat(), bit], { numRuns: 80 })(
    "one flipped bit of the file: it is refused, found, or changes nothing that is stored",
    (at, whichBit) => {
      writeFileSync(changed, flipped(readFileSync(original), at, whichBit));
      let check: LogCheck;
      try {
        check = checkFile(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(DreamlogError);
        expect((error as DreamlogError).code).toMatch(/^LOG_(CORRUPT|FOREIGN|TOO_NEW)$/);
        return;
      }
      if (check.isSound) expect(digestOfRows(changed)).toBe(digestOfRows(original));
      else expect(check.problems[0]!.what).not.toBe("");
    },
  );
});
