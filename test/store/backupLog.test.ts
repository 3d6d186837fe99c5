import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

    const { segments } = backupLog({ source: open.path, target, clock });
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
    for (const round of [1, 2, 3]) {
      const target = temporaryPath(`copy${round}.log`);
      const acknowledged = writer.acknowledged();
      backupLog({ source: path, target, clock });
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

    expect(() => backupLog({ source: open.path, target, clock })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
    expect(readFileSync(target, "utf8")).toBe("mine");
  });

  it("takes no log that lacks bytes it names, and leaves nothing by the target's name", async () => {
    const open = await source();
    const target = temporaryPath("copy.log");
    rmSync(segmentPath(open.path, 1));

    expect(() => backupLog({ source: open.path, target, clock })).toThrow(
      expect.objectContaining({ code: "BLOB_MISSING" }),
    );
    expect(existsSync(target)).toBe(false);
  });
});
