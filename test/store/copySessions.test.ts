import { test, fc } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { copySessions } from "../../store/copySessions.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { tamper } from "./rawConnection.ts";
import { boxed, closed, imported, sampled, started, testProducer } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

const weightBytes = new Uint8Array(50).fill(7);

/** Three sessions that need one another in turn, `c` of `b` of `a`, and one that stands alone. */
async function fillLog({ log, blobs }: OpenLog): Promise<void> {
  await log.append([started("lonely"), closed("lonely")]);
  const weights = await blobs.put(weightBytes, "application/octet-stream");
  await log.append([started("a"), imported("a", "weights", weights)], { logTimeUs: 77 });
  const [fork] = await log.append([boxed("a", "fork", 4), closed("a")]);
  await log.append([started("b", { session: "a", event: fork!.id })]);
  const [points] = await log.append([sampled("b", "points", [fork!], "1")]);
  await log.append([started("c"), sampled("c", "more", [points!], "2")]);
}

async function filledLog(): Promise<OpenLog> {
  const open = createMemoryLog({ clock: new ManualClock(5) });
  await fillLog(open);
  return open;
}

async function filledFile(change?: string): Promise<OpenLog> {
  const path = temporaryPath();
  const open = openForTest({ path });
  await fillLog(open);
  await open.close();
  if (change !== undefined) tamper(path, (database) => database.prepare(change).run());
  return openForTest({ path, mode: "existing" });
}

function emptyLog(): OpenLog {
  return createMemoryLog({ clock: new ManualClock(9) });
}

function copy(source: OpenLog, target: OpenLog, ...sessions: string[]) {
  return copySessions({ source: source.tables, target: target.tables, sessions });
}

describe("copying sessions", () => {
  it("takes along what they branch from and what they derive from, and nothing else", async () => {
    const target = emptyLog();

    const copied = copy(await filledLog(), target, "c");

    expect(copied.sessions).toEqual(["a", "b", "c"]);
    expect((await target.log.sessions()).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(copied).toMatchObject({ eventsCopied: 8, eventsPresent: 0, blobsCopied: 1 });
  });

  it("keeps ids, times, digests, chains and blobs", async () => {
    const source = await filledLog();
    const target = emptyLog();
    await target.log.append([started("other")]);

    copy(source, target, "c");

    for (const { id } of await source.log.sessions()) {
      if (id === "lonely") continue;
      const [before, after] = await Promise.all([
        source.log.read({ session: id }),
        target.log.read({ session: id }),
      ]);
      const unplaced = (events: typeof before) =>
        events.map(({ position: _position, causes: _causes, ...rest }) => rest);
      expect(unplaced(after)).toEqual(unplaced(before));
      expect((await target.log.session(id))?.head).toBe((await source.log.session(id))?.head);
    }
    expect(verifyLog(target.tables).problems).toEqual([]);
  });

  it("takes along the weights that a producer names", async () => {
    const source = await filledLog();
    const { digest } = await source.blobs.put(new Uint8Array([1, 2]), "application/onnx");
    const producer = { ...testProducer, model: digest };
    await source.log.append([started("d"), boxed("d", "box", 1, { producer })]);
    const target = emptyLog();

    copy(source, target, "d");

    expect(await target.blobs.has(digest)).toBe(true);
  });

  it("adds nothing the second time", async () => {
    const source = await filledLog();
    const target = emptyLog();
    copy(source, target, "c");
    const head = await target.log.head();

    expect(copy(source, target, "c")).toMatchObject({ eventsCopied: 0, eventsPresent: 8 });
    expect(await target.log.head()).toBe(head);
  });

  it("goes on with a session that grew, and leaves one alone that is further than the source", async () => {
    const source = await filledLog();
    const target = emptyLog();
    copy(source, target, "b");
    await source.log.append([boxed("b", "later", 9)]);

    expect(copy(source, target, "b").eventsCopied).toBe(1);
    expect(copy(target, source, "b").eventsCopied).toBe(0);
    expect((await target.log.session("b"))?.head).toBe((await source.log.session("b"))?.head);
  });

  test.prop([fc.uniqueArray(fc.constantFrom("a", "b", "c", "lonely"), { minLength: 1 })])(
    "comes to the same head in whatever order and grouping sessions are moved",
    async (order) => {
      const source = await filledLog();
      const oneByOne = emptyLog();
      for (const session of order) copy(source, oneByOne, session);
      const together = emptyLog();
      copy(source, together, ...order.toSorted());

      expect(await oneByOne.log.head()).toBe(await together.log.head());
      expect(verifyLog(oneByOne.tables).isSound).toBe(true);
    },
  );

  it("refuses a session of the same id with other content, and copies nothing", async () => {
    const target = emptyLog();
    await target.log.append([started("b"), boxed("b", "box", 1)]);
    const head = await target.log.head();
    const source = await filledLog();

    expect(() => copy(source, target, "lonely", "b")).toThrow(
      expect.objectContaining({ code: "EVENT_CONFLICT" }) as Error,
    );
    expect(await target.log.head()).toBe(head);
  });

  it("refuses a session that went on in both logs", async () => {
    const source = await filledLog();
    const target = emptyLog();
    copy(source, target, "b");
    await source.log.append([boxed("b", "here", 1)]);
    await target.log.append([boxed("b", "there", 2)]);

    expect(() => copy(source, target, "b")).toThrow(
      expect.objectContaining({ code: "EVENT_CONFLICT", context: expect.objectContaining({ id: "b/here" }) as object }) as Error, // prettier-ignore
    );
  });

  it("knows no session that the source does not hold", async () => {
    const source = await filledLog();
    expect(() => copy(source, emptyLog(), "zzz")).toThrow(
      expect.objectContaining({ code: "SESSION_UNKNOWN" }) as Error,
    );
  });
});

describe("copying from a file that was changed", () => {
  it.each([
    ["a payload", "UPDATE events SET payload = payload || x'00' WHERE id = 'a/fork'"],
    ["a content digest", "UPDATE events SET content_digest = zeroblob(32) WHERE id = 'a/fork'"],
    ["a time", "UPDATE events SET source_time_us = 6 WHERE id = 'a/fork'"],
    ["a producer", `UPDATE producers SET json = replace(json, '0.5', '0.6')`],
    ["a producer beyond JSON", "UPDATE producers SET json = '{'"],
    ["a cause", "DELETE FROM causes WHERE ordinal = 0"],
    ["a missing event", "DELETE FROM events WHERE id = 'a/weights'"],
  ])("finds %s", async (_what, change) => {
    const source = await filledFile(change);
    const target = emptyLog();

    expect(() => copy(source, target, "c")).toThrow(
      expect.objectContaining({ code: "CHAIN_BROKEN" }) as Error,
    );
    expect(await target.log.lastPosition()).toBe(0);
  });

  it.each([
    ["BLOB_CORRUPT", "UPDATE blobs SET bytes = x'00'"],
    ["BLOB_MISSING", "DELETE FROM blobs"],
  ])("says %s of its blobs", async (code, change) => {
    const source = await filledFile(change);
    expect(() => copy(source, emptyLog(), "a")).toThrow(expect.objectContaining({ code }) as Error);
  });
});
