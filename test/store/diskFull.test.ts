import { describe, expect, it, onTestFinished } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import { createBlobTable } from "../../store/blobTable.ts";
import { createSqliteTables } from "../../store/sqliteTables.ts";
import { createTableLog } from "../../store/tableLog.ts";
import { boxed, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

/** A log on a file that may grow by `sparePages` pages. */
async function logWithLittleSpace(sparePages: number) {
  const path = temporaryPath();
  await openForTest({ path }).close();
  const database = new Sqlite(path);
  onTestFinished(() => void database.close());
  const pageCount = database.pragma("page_count", { simple: true }) as number;
  database.pragma(`max_page_count = ${pageCount + sparePages}`);
  const tables = createSqliteTables(database, path);
  return {
    log: createTableLog(tables, new ManualClock(1)),
    blobs: createBlobTable(tables),
    tables,
    freeSpace: () => database.pragma("max_page_count = 100000"),
  };
}

describe("a full disk", () => {
  it("is a typed error; nothing acknowledged is lost, nothing else is stored, and the log goes on", async () => {
    const { log, tables, freeSpace } = await logWithLittleSpace(4);
    const acknowledged: StoredEvent[] = [...(await log.append([started("a")]))];
    const fill = async () => {
      for (let batch = 0; batch < 1000; batch++) {
        const events = Array.from({ length: 20 }, (_, at) => boxed("a", `${batch}/${at}`));
        acknowledged.push(...(await log.append(events)));
      }
    };

    await expect(fill()).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(await log.read({ limit: 100_000 })).toEqual(acknowledged);
    expect(verifyLog(tables).isSound).toBe(true);

    freeSpace();
    const next = acknowledged.length;
    const [stored] = await log.append([boxed("a", "after")], { expectedSeq: next });
    expect(stored).toMatchObject({ position: next + 1, seq: next });
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("takes no part of a blob that does not fit", async () => {
    const { log, blobs, tables, freeSpace } = await logWithLittleSpace(4);
    await log.append([started("a")]);
    const frame = new Uint8Array(1_000_000).fill(7);

    await expect(blobs.put(frame, "image/qoi")).rejects.toMatchObject({ code: "DISK_FULL" });
    expect((await log.stats()).blobs).toBe(0);
    expect(verifyLog(tables).isSound).toBe(true);

    freeSpace();
    const ref = await blobs.put(frame, "image/qoi");
    expect(Buffer.compare(await blobs.get(ref.digest), frame)).toBe(0);
  });
});
