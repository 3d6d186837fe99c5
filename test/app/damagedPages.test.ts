import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { verifyLogFile } from "../../src/app/verifyLogFile.ts";
import { behindTheLog } from "../store/rawConnection.ts";
import { boxed, imported, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

const boxCount = 300;
const blobCount = 400;
const eventCount = 1 + boxCount + blobCount;

/** A log whose rows (the boxes have a cause, so that none is packed) and blobs fill several pages. */
async function writeLog(): Promise<string> {
  const path = temporaryPath();
  const open = openForTest({ path });
  const blobs = [];
  for (let at = 0; at < blobCount; at++) {
    blobs.push(
      await open.blobs.put(new Uint8Array(8).fill(at, at % 8), "application/octet-stream"),
    );
  }
  await open.log.append([
    started("a"),
    ...Array.from({ length: boxCount }, (_, at) => boxed("a", `${at}`, at, { causes: [1] })),
    ...blobs.map((blob, at) => imported("a", `blob ${at}`, blob)),
  ]);
  await open.close();
  return path;
}

/** Makes a page of a table or index unreadable: one from the middle of those that hold its rows. */
function damagePage(path: string, name: string): void {
  const [pageBytes, page] = behindTheLog(path, (database) => {
    const leaves = database
      .prepare<[string], number>(
        "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path",
      )
      .pluck()
      .all(name);
    const size = database.pragma("page_size", { simple: true }) as number;
    return [size, leaves[Math.floor(leaves.length / 2)]!] as const;
  });
  const file = readFileSync(path);
  file.fill(0xff, (page - 1) * pageBytes, (page - 1) * pageBytes + 64);
  writeFileSync(path, file);
}

describe("a full check of a log with a page that cannot be read", () => {
  it("names the events on the page, and checks all others", async () => {
    const path = await writeLog();
    damagePage(path, "events");
    const open = openForTest({ path, mode: "readonly" });

    const check = await verifyLogFile(open);

    const [first, second] = check.problems;
    expect(first).toMatchObject({ code: "FILE_DAMAGED" });
    expect(second).toMatchObject({ code: "FILE_DAMAGED" });
    const [, from, to] = /^events (\d+) to (\d+) cannot be read \(/.exec(second!.what)!;
    expect(second!.position).toBe(Number(from));
    expect(Number(from)).toBeGreaterThan(2);
    expect(check.events).toBe(eventCount - (Number(to) - Number(from) + 1));
    // What comes after the gap is held against the seq it should have.
    expect(check.problems[2]).toMatchObject({ code: "SEQ_MISSING", position: Number(to) + 1 });
    expect(await verifyLogFile(open, { jobs: 2 })).toEqual(verifyLog(open.tables, undefined, 50_000)); // prettier-ignore
  });

  it("takes no blob for lost that a damaged list of them only leaves out", async () => {
    const path = await writeLog();
    damagePage(path, "sqlite_autoindex_blobs_1");
    const open = openForTest({ path, mode: "readonly" });

    const check = await verifyLogFile(open);

    const lost = check.problems.filter(({ code }) => code === "BLOB_MISSING");
    expect(check.events).toBe(eventCount);
    expect(check.problems[0]).toMatchObject({ code: "FILE_DAMAGED" });
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(blobCount);
  });
});
