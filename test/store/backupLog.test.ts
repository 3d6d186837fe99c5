import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { backupLog } from "../../store/backupLog.ts";
import { largeBlobBytes } from "../../store/openLog.ts";
import { segmentFolder, segmentPath } from "../../store/segments.ts";
import { startAppendingProcess } from "./runAppendingProcess.ts";
import { boxed, imported, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

const clock = new ManualClock(1);
const mediaType = "application/octet-stream";

/** A log with a small blob and a large one beside it. */
async function source() {
  const open = openForTest({ path: temporaryPath(), largeBlobs: "beside" });
  const large = await open.blobs.put(new Uint8Array(largeBlobBytes).fill(1), mediaType);
  const small = await open.blobs.put(Uint8Array.of(1, 2), mediaType);
  await open.log.append([started("a"), imported("a", "l", large), imported("a", "s", small)]);
  return open;
}

describe("a backup", () => {
  it("holds all that the log held, segment files included, and goes on as a log of its own", async () => {
    const open = await source();
    const target = temporaryPath("copy.log");

    const { segments } = await backupLog({ source: open.path, target, clock });
    await open.log.append([boxed("a", "later")]);
    rmSync(segmentFolder(open.path), { recursive: true });

    expect(segments).toBe(1);
    const copy = openForTest({ path: target, mode: "existing" });
    expect(await copy.log.lastPosition()).toBe(3);
    expect(verifyLog(copy.tables)).toMatchObject({ isSound: true, events: 3, blobs: 2 });
    expect(await copy.log.append([boxed("a", "its own")])).toMatchObject([{ position: 4 }]);
    expect(existsSync(`${target}.partial`)).toBe(false);
  });

  it("is consistent while another process appends without a pause", async () => {
    const path = temporaryPath();
    const writer = startAppendingProcess(path, "a");
    await writer.ready;
    const events: number[] = [];
    for (const round of [1, 2]) {
      const target = temporaryPath(`copy${round}.log`);
      const acknowledged = writer.acknowledged();
      await backupLog({ source: path, target, clock });
      const copy = openForTest({ path: target, mode: "readonly" });
      const { eventCount } = (await copy.log.session("a"))!;
      expect(eventCount).toBeGreaterThanOrEqual(acknowledged);
      expect(verifyLog(copy.tables)).toMatchObject({ isSound: true, events: eventCount });
      events.push(eventCount);
    }
    writer.kill();
    await writer.ended;

    expect(events).toEqual([...events].sort((a, b) => a - b));
  });

  it("never writes over what is there", async () => {
    const open = await source();
    const target = temporaryPath("copy.log");
    writeFileSync(target, "mine");

    await expect(backupLog({ source: open.path, target, clock })).rejects.toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
    expect(readFileSync(target, "utf8")).toBe("mine");
  });

  it("takes no log that lacks bytes it names, and leaves nothing by the target's name", async () => {
    const open = await source();
    const target = temporaryPath("copy.log");
    rmSync(segmentPath(open.path, 1));

    await expect(backupLog({ source: open.path, target, clock })).rejects.toThrow(
      expect.objectContaining({ code: "BLOB_MISSING" }),
    );
    expect(existsSync(target)).toBe(false);
  });

  it("goes on where a copy died: what that one left is taken away", async () => {
    const open = await source();
    const target = temporaryPath("copy.log");
    writeFileSync(`${target}.partial`, "half of a copy");
    for (const folder of [segmentFolder(`${target}.partial`), segmentFolder(target)]) {
      mkdirSync(folder);
      writeFileSync(`${folder}/000001.seg`, "half of a segment");
    }

    await backupLog({ source: open.path, target, clock });

    const copy = openForTest({ path: target, mode: "readonly" });
    expect(verifyLog(copy.tables)).toMatchObject({ isSound: true, events: 3, blobs: 2 });
    expect(readdirSync(dirname(target)).sort()).toEqual(
      expect.arrayContaining(["copy.log", "copy.log.segments"]),
    );
    expect(existsSync(`${target}.partial`)).toBe(false);
    expect(existsSync(segmentFolder(`${target}.partial`))).toBe(false);
  });

  it("of a log that was cut off says so of the log, and keeps nothing", async () => {
    const open = await source();
    await open.close();
    const target = temporaryPath("copy.log");
    const file = readFileSync(open.path);
    writeFileSync(open.path, file.subarray(0, file.length - 2 * 8192));

    await expect(backupLog({ source: open.path, target, clock })).rejects.toThrow(
      expect.objectContaining({
        code: "LOG_CORRUPT",
        context: {
          path: open.path,
          expectedBytes: file.length,
          foundBytes: file.length - 2 * 8192,
        },
      }),
    );
    expect(readdirSync(dirname(target))).toEqual([]);
  });

  it("tells how far it is, in bytes", async () => {
    const open = await source();
    const seen: { readonly done: number; readonly total: number }[] = [];

    await backupLog({
      source: open.path,
      target: temporaryPath("copy.log"),
      clock,
      onProgress: (done, total) => seen.push({ done, total }),
    });

    expect(seen[0]).toMatchObject({ done: 0 });
    expect(seen.at(-1)!.done).toBeGreaterThan(largeBlobBytes);
    expect(seen.every(({ done, total }) => done <= total)).toBe(true);
  });
});
