import { fc, test } from "@fast-check/vitest";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import { openLog } from "../../store/openLog.ts";
import { behindTheLog, tamper } from "./rawConnection.ts";
import { boxed, sampled, started, testProducer } from "./sampleEvents.ts";
import { createFolder, openForTest, temporaryPath } from "./temporaryLog.ts";

const session = "live";

/** Facts of two sources in turn, as a stream brings them. */
function facts(from: number, upto: number): NewEvent[] {
  return Array.from({ length: upto - from }, (_, at) => {
    const number = from + at;
    const producer = number % 2 === 0 ? testProducer : { ...testProducer, version: 2 };
    const rest = { sourceTimeUs: 1_000_000 - number, producer };
    return boxed(session, `${number % 2 === 0 ? "left" : "right"}/${number >> 1}`, number, rest);
  });
}

/** A log with packs, rows between them, and a derivation from a packed event. */
async function packedLog(open = openForTest({ path: temporaryPath() })) {
  const { log } = open;
  const stored = [...(await log.append([started(session), ...facts(0, 149)], { logTimeUs: 7 }))];
  stored.push(...(await log.append(facts(149, 152))));
  stored.push(...(await log.append([sampled(session, "points", [stored[40]!], "0")])));
  stored.push(...(await log.append(facts(152, 170))));
  return { ...open, stored };
}

function rowCounts(path: string): { readonly packs: number; readonly rows: number } {
  return behindTheLog(path, (database) => ({
    packs: database.prepare<[], number>("SELECT count(*) FROM event_packs").pluck().get()!,
    rows: database.prepare<[], number>("SELECT count(*) FROM events").pluck().get()!,
  }));
}

describe("many facts of one session", () => {
  it("are packed into few rows, and read as any others", async () => {
    const { log, path, stored, tables } = await packedLog();

    expect(rowCounts(path)).toEqual({ packs: 4, rows: 4 });
    expect(await log.read({})).toEqual(stored);
    expect(await log.read({ session, afterPosition: 30, uptoPosition: 160, limit: 125 })).toEqual(
      stored.slice(30, 155),
    );
    expect(await log.read({ types: ["perception.keypointsSampled"] })).toHaveLength(1);
    for (const event of stored) {
      expect(await log.get(event.position)).toEqual(event);
      expect(await log.getBySeq(session, event.seq)).toEqual(event);
      expect(await log.findById(event.id)).toEqual(event);
    }
    expect(await log.findById(`${session}/left/10000`)).toBeUndefined();
    expect(await log.effectsOf(41)).toEqual([stored[153]]);
    expect((await log.stats()).events).toBe(172);
    expect(verifyLog(tables)).toMatchObject({ isSound: true, events: 172 });
  });

  it("have the digests that they would have one by one", async () => {
    const { log, stored } = await packedLog();
    const single = openForTest({ path: temporaryPath() });
    for (const { position: _position, seq: _seq, logTimeUs, ...event } of stored)
      await single.log.append([event], { logTimeUs });

    expect(rowCounts(single.path).packs).toBe(0);
    expect(await single.log.head()).toBe(await log.head());
  });

  it("are found when they come again, whatever they come with", async () => {
    const { log, stored } = await packedLog();

    expect(await log.append([started(session), ...facts(0, 149)])).toEqual(stored.slice(0, 150));
    const again = await log.append([...facts(140, 170), ...facts(170, 190)]);
    expect(again.map(({ id }) => id)).toEqual([...facts(140, 190)].map(({ id }) => id));
    expect((await log.stats()).events).toBe(192);
    await expect(log.append([boxed(session, "left/3", 99)])).rejects.toMatchObject({
      code: "EVENT_CONFLICT",
    });
    expect(await log.append([...facts(300, 320), ...facts(300, 320)])).toHaveLength(40);
    expect((await log.stats()).events).toBe(212);
  });

  it("may have ids that count in any order, and times that lie any time apart", async () => {
    const { log, tables } = openForTest({ path: temporaryPath() });
    const numbers = [5, 3, 4, 9, 8, 7, 0, 1, 2, 6, 20, 15, 19];
    const times = [0, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    const events = numbers.flatMap((number) =>
      times.map((sourceTimeUs, at) => boxed(session, `${at}/${number}`, number, { sourceTimeUs })),
    );

    const stored = await log.append([started(session), ...events]);

    expect(await log.read({})).toEqual(stored);
    expect(await log.append(events)).toEqual(stored.slice(1));
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("are gone with the append that fails after them", async () => {
    const { log, stored, tables } = await packedLog();
    const refused = boxed(session, "bad", 0, { causes: [99_999] });

    await expect(log.append([...facts(170, 270), refused])).rejects.toThrow();

    expect(await log.read({})).toEqual(stored);
    const [next] = await log.append(facts(170, 270));
    expect(next).toMatchObject({ position: 173, seq: 172 });
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("are rows of the view all_events for any program", async () => {
    const { log, path, stored } = await packedLog();
    await log.close();
    const database = new Sqlite(path, { readonly: true });
    const rows = database
      .prepare(
        `SELECT position, id, seq, type, version, kind, source_time_us AS sourceTimeUs,
         log_time_us AS logTimeUs, hex(content_digest) AS content, hex(chain_digest) AS chain,
         json AS producer, length(payload) > 0 AS hasPayload
         FROM all_events JOIN producers ON number = producer ORDER BY position`,
      )
      .all();
    database.close();

    expect(rows).toEqual(
      stored.map(({ contentDigest, chainDigest, producer, ...event }) => ({
        position: event.position,
        id: event.id,
        seq: event.seq,
        type: event.type,
        version: event.version,
        kind: event.kind,
        sourceTimeUs: event.sourceTimeUs,
        logTimeUs: event.logTimeUs,
        content: contentDigest.toUpperCase(),
        chain: chainDigest.toUpperCase(),
        producer: JSON.stringify(Object.fromEntries(Object.entries(producer).sort())),
        hasPayload: 1,
      })),
    );
  });
});

describe("promise 4 for packed events", () => {
  const folder = createFolder();
  const untouched = join(folder.path, "untouched.log");
  beforeAll(async () => {
    const { log } = await packedLog(openLog({ path: untouched, clock: new ManualClock(1) }));
    await log.close();
  });
  afterAll(folder.remove);

  it.each([
    ["a row", "SELECT 151, 152, 9, 0"],
    ["a pack", "SELECT 3, 5, 9, 0"],
    ["a session", "SELECT 900, 910, session, 20"],
  ])("the database refuses a pack that reaches into %s", async (_what, select) => {
    const { path } = await packedLog();
    const rest = "envelopes, payloads, digests FROM event_packs LIMIT 1";

    behindTheLog(path, (database) => {
      expect(() => database.exec(`INSERT OR REPLACE INTO event_packs ${select}, ${rest}`)).toThrow(
        "history is immutable",
      );
    });
  });

  it.each([
    ["position", "SELECT 3, 'new', 9, 9"],
    ["session and seq", "SELECT 900, 'new', session, 20"],
  ])("the database refuses a row in place of a packed event by its %s", async (_what, select) => {
    const { path } = await packedLog();
    const rest = `type, version, kind, source_time_us, log_time_us, producer, seed, key, payload,
      content_digest, chain_digest FROM events LIMIT 1`;

    behindTheLog(path, (database) => {
      expect(() => database.exec(`INSERT OR REPLACE INTO events ${select}, ${rest}`)).toThrow(
        "history is immutable",
      );
    });
  });

  it.each([
    ["event_packs", "session = session"],
    ["packed_ids", "last = last"],
  ])("the database refuses to change %s", async (table, change) => {
    const { path } = await packedLog();

    behindTheLog(path, (database) => {
      for (const statement of [
        `DELETE FROM ${table}`,
        `UPDATE ${table} SET ${change}`,
        `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`,
      ])
        expect(() => database.exec(statement)).toThrow("history is immutable");
    });
  });

  test.prop(
    [
      fc.constantFrom("envelopes", "payloads", "digests", "prefix", "first", "last", "pack"),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 0, max: 7 }),
    ],
    { numRuns: 20 },
  )("verify finds one changed bit of any column", (column, pick, at, bit) => {
    const changed = temporaryPath("changed.log");
    copyFileSync(untouched, changed);
    const table = ["prefix", "first", "last", "pack"].includes(column)
      ? "packed_ids"
      : "event_packs";
    tamper(changed, (database) => {
      const cells = database
        .prepare<[], number | string | Buffer>(`SELECT ${column} FROM ${table}`)
        .pluck()
        .all();
      const cell = cells[pick % cells.length]!;
      database
        .prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`)
        .run(flipped(cell, at, bit), cell);
    });
    const open = openForTest({ path: changed, mode: "readonly" });

    const check = verifyLog(open.tables);

    expect(check.isSound).toBe(false);
    expect(check.problems[0]!.what).not.toBe("");
  });
});

function flipped(cell: number | string | Buffer, at: number, bit: number): unknown {
  if (typeof cell === "number") return cell + 1;
  const bytes = Buffer.from(cell as string);
  const place = at % bytes.length;
  // A text stays text that can be read: bit 0 turns a letter or digit into another.
  bytes[place] = bytes[place]! ^ (1 << (typeof cell === "string" ? 0 : bit));
  return typeof cell === "string" ? bytes.toString("latin1") : bytes;
}
