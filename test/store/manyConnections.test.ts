import { describe, expect, it, onTestFinished } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import { boxed, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

const readerCount = 50;

describe("readers of a log that is written", () => {
  it(`hold up no append, ${readerCount} of them in the middle of a read, and see one moment each`, async () => {
    const path = temporaryPath();
    const { log } = openForTest({ path });
    await log.append([started("a"), ...Array.from({ length: 99 }, (_, at) => boxed("a", `${at}`))]);
    const readers = Array.from({ length: readerCount }, () => {
      const database = new Sqlite(path, { readonly: true });
      onTestFinished(() => void database.close());
      const rows = database.prepare("SELECT position FROM all_events").iterate();
      rows.next();
      return rows;
    });

    for (let at = 0; at < 20; at++) await log.append([boxed("a", `while reading ${at}`)]);

    expect(await log.lastPosition()).toBe(120);
    for (const rows of readers) expect([...rows]).toHaveLength(99);
  });

  it(`follow it through ${readerCount} connections of their own`, async () => {
    const path = temporaryPath();
    const writer = openForTest({ path });
    await writer.log.append([started("a")]);
    const readers = Array.from({ length: readerCount }, () =>
      openForTest({ path, mode: "readonly" }),
    );

    for (let at = 0; at < 10; at++) {
      const [stored] = await writer.log.append([boxed("a", `${at}`, at)]);
      for (const { log } of readers) expect(await log.get(stored!.position)).toEqual(stored);
    }
    expect(verifyLog(readers[0]!.tables).isSound).toBe(true);
  });
});

describe("two writers", () => {
  it("that each expect to be the next are told apart: one is stored, the other names both seqs", async () => {
    const path = temporaryPath();
    const writers = [openForTest({ path }), openForTest({ path })];
    await writers[0]!.log.append([started("a")]);
    let conflicts = 0;
    for (let seq = 1; seq <= 30; seq++) {
      const results = await Promise.allSettled(
        writers.map(({ log }, who) =>
          log.append([boxed("a", `${seq} by ${who}`)], { expectedSeq: seq }),
        ),
      );
      const refused = results.filter((result) => result.status === "rejected");
      conflicts += refused.length;
      for (const { reason } of refused) {
        expect(reason).toMatchObject({
          code: "SEQ_CONFLICT",
          context: { session: "a", expected: seq, found: seq + 1 },
        });
      }
    }

    expect(conflicts).toBe(30);
    expect((await writers[1]!.log.session("a"))!.eventCount).toBe(31);
    expect(verifyLog(writers[0]!.tables).isSound).toBe(true);
  });
});
