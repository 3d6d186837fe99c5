import { existsSync, readdirSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pruneLog } from "../../src/app/pruneLog.ts";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { largeBlobBytes } from "../../store/openLog.ts";
import { segmentFolder, segmentPath } from "../../store/segments.ts";
import { imported, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

const clock = new ManualClock(1);
const mediaType = "application/octet-stream";

/** Two sessions and a branch, a small and a large blob each, and two blobs that no event names. */
async function writeLog() {
  const path = temporaryPath();
  const open = openForTest({ path, largeBlobs: "beside" });
  const put = (fill: number, length: number) =>
    open.blobs.put(new Uint8Array(length).fill(fill), mediaType);
  const refs = new Map<string, Awaited<ReturnType<typeof put>>>();
  for (const [at, session] of ["a", "b", "branch"].entries()) {
    const large = await put(at, largeBlobBytes);
    const small = await put(at, 10);
    refs.set(`${session}/large`, large).set(`${session}/small`, small);
    const parent = session === "branch" ? { session: "a", event: "a/small" } : null;
    await open.log.append([
      started(session, parent),
      imported(session, "large", large),
      imported(session, "small", small),
    ]);
  }
  refs.set("nobody/large", await put(8, largeBlobBytes)).set("nobody/small", await put(8, 10));
  const head = await open.log.head();
  await open.close();
  const digestOf = (name: string) => refs.get(name)!.digest;
  return { path, head, digestOf };
}

describe("pruning a log", () => {
  it("drops blobs that no event names, tells so, and leaves a log that verifies", async () => {
    const { path, digestOf } = await writeLog();
    const before = statSync(segmentPath(path, 1)).size;

    const pruned = await pruneLog({ path, clock, keep: null });

    expect(pruned).toEqual({ blobs: 2, bytes: largeBlobBytes + 10, session: "prune/10" });
    const { log, blobs, tables } = openForTest({ path, mode: "existing" });
    expect(await blobs.has(digestOf("nobody/large"))).toBe(false);
    expect(await blobs.get(digestOf("b/large"))).toHaveLength(largeBlobBytes);
    expect(await log.findById("prune/10/pruned")).toMatchObject({
      payload: { blobCount: 2, bytes: largeBlobBytes + 10, keptSessions: null },
    });
    expect(verifyLog(tables)).toMatchObject({ isSound: true, blobs: 7 });
    const after = readdirSync(segmentFolder(path)).map(
      (name) => statSync(`${segmentFolder(path)}/${name}`).size,
    );
    expect(after).toEqual([before - largeBlobBytes]);
  });

  it("drops what only other sessions than the kept ones name; a kept branch keeps its parent's", async () => {
    const { path, digestOf } = await writeLog();

    const pruned = await pruneLog({ path, clock, keep: ["branch"] });

    expect(pruned.blobs).toBe(4);
    const { blobs, tables } = openForTest({ path, mode: "existing" });
    expect(await blobs.has(digestOf("b/small"))).toBe(false);
    await expect(blobs.get(digestOf("b/large"))).rejects.toMatchObject({ code: "BLOB_MISSING" });
    for (const name of ["a/large", "a/small", "branch/large"])
      expect(await blobs.has(digestOf(name))).toBe(true);
    expect(verifyLog(tables)).toMatchObject({ isSound: true });
  });

  it("is refused by the file again afterwards: history is immutable", async () => {
    const { path, digestOf } = await writeLog();
    await pruneLog({ path, clock, keep: null });
    const { tables } = openForTest({ path, mode: "existing" });

    expect(() => tables.insertBlob(digestOf("a/small"), mediaType, Uint8Array.of(1))).toThrow(
      "history is immutable",
    );
  });

  it("drops nothing where a name to keep is no session's", async () => {
    const { path } = await writeLog();

    await expect(pruneLog({ path, clock, keep: ["a", "brunch"] })).rejects.toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID", context: { prefix: "brunch" } }),
    );

    const { tables } = openForTest({ path, mode: "readonly" });
    expect(verifyLog(tables)).toMatchObject({ isSound: true, blobs: 8 });
  });

  it("goes on from an earlier pruning, whose list stays", async () => {
    const { path } = await writeLog();
    await pruneLog({ path, clock, keep: ["a"] });

    expect(await pruneLog({ path, clock, keep: ["prune/"] })).toMatchObject({
      session: "prune/13",
      blobs: 2,
    });
    const { tables } = openForTest({ path, mode: "existing" });
    expect(verifyLog(tables)).toMatchObject({ isSound: true, blobs: 2 });
    expect(existsSync(segmentPath(path, 1))).toBe(false);
  });

  it("only says what would go, where asked to", async () => {
    const { path, head } = await writeLog();

    expect(await pruneLog({ path, clock, keep: null, isDryRun: true })).toEqual({
      blobs: 2,
      bytes: largeBlobBytes + 10,
      session: null,
    });
    expect(await openForTest({ path, mode: "existing" }).log.head()).toBe(head);
  });

  it("writes nothing where nothing is to be dropped", async () => {
    const { path } = await writeLog();
    await pruneLog({ path, clock, keep: null });

    expect(await pruneLog({ path, clock, keep: null })).toMatchObject({ blobs: 0, session: null });
  });
});
