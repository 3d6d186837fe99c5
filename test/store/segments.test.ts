import { fc, test } from "@fast-check/vitest";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { largeBlobBytes, openLog, type OpenLog } from "../../store/openLog.ts";
import { segmentFolder, segmentPath } from "../../store/segments.ts";
import { boxed, imported, started } from "./sampleEvents.ts";
import { createFolder, openForTest, temporaryPath, writerForTest } from "./temporaryLog.ts";
import { writeHere } from "./writeHere.ts";

const largeBlobs = "beside";
const mediaType = "application/octet-stream";
const clock = new ManualClock(1);

/** Bytes that a segment takes; `pick` tells one from another. */
function frame(pick: number, extraBytes = 0): Uint8Array {
  return new Uint8Array(largeBlobBytes + extraBytes).fill(pick);
}

async function putFrames({ blobs, log }: OpenLog, picks: readonly number[]): Promise<void> {
  for (const pick of picks) {
    const ref = await blobs.put(frame(pick, pick), mediaType);
    await log.append([imported("a", `frame ${pick}`, ref)]);
  }
}

const writers = {
  "the log itself": () => Promise.resolve(openForTest({ path: temporaryPath(), largeBlobs })),
  "a writer's thread": () =>
    writerForTest({ path: temporaryPath(), largeBlobs, startThread: writeHere }),
};

describe.each(Object.entries(writers))("large blobs, stored by %s", (_name, create) => {
  it("lie in a segment file, small ones in the log; both are read and verified", async () => {
    const open = await create();
    const large = await open.blobs.put(frame(1), mediaType);
    const small = await open.blobs.put(Uint8Array.of(1, 2), mediaType);
    await open.log.append([started("a"), imported("a", "l", large), imported("a", "s", small)]);

    expect(readFileSync(segmentPath(open.path, 1)).equals(frame(1))).toBe(true);
    expect(Buffer.from(await open.blobs.get(large.digest)).equals(frame(1))).toBe(true);
    expect(Buffer.from(await open.blobs.get(small.digest))).toEqual(Buffer.of(1, 2));
    const reader = openForTest({ path: open.path, mode: "readonly" });
    expect(Buffer.from(await reader.blobs.get(large.digest)).equals(frame(1))).toBe(true);
    expect(await reader.log.stats()).toMatchObject({ blobs: 2 });
    expect(verifyLog(reader.tables)).toMatchObject({ isSound: true, blobs: 2 });
  });

  it("are stored once", async () => {
    const open = await create();

    const refs = await Promise.all([1, 2, 1].map((pick) => open.blobs.put(frame(pick), mediaType)));
    await open.blobs.put(frame(2), mediaType);

    expect(refs[2]).toEqual(refs[0]);
    expect((await open.log.stats()).blobs).toBe(2);
    expect(readFileSync(segmentPath(open.path, 1))).toHaveLength(2 * largeBlobBytes);
  });
});

describe("a log with segment files", () => {
  it("has none, and no folder for them, as long as nothing large was stored beside it", async () => {
    const open = openForTest({ path: temporaryPath() });
    await open.blobs.put(frame(1), mediaType);

    expect(existsSync(segmentFolder(open.path))).toBe(false);
  });

  it("has one for each writer, which never goes on with another's", async () => {
    const path = temporaryPath();
    const one = openForTest({ path, largeBlobs });
    const other = openForTest({ path, largeBlobs });
    await one.log.append([started("a")]);
    await putFrames(one, [1]);
    await putFrames(other, [2]);
    await putFrames(one, [3]);
    await one.close();
    appendFileSync(segmentPath(path, 1), "what a crash left");
    await putFrames(openForTest({ path, largeBlobs }), [4]);

    expect(readdirSync(segmentFolder(path))).toEqual(["000001.seg", "000002.seg", "000003.seg"]);
    expect(verifyLog(other.tables)).toMatchObject({ isSound: true, blobs: 4 });
  });

  it("names a blob whose segment file is gone", async () => {
    const path = temporaryPath();
    const open = openForTest({ path, largeBlobs });
    const { digest } = await open.blobs.put(frame(1), mediaType);
    await open.close();
    truncateSync(segmentPath(path, 1), 10);

    const { blobs, tables } = openForTest({ path, mode: "existing" });
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: "BLOB_MISSING" });
    expect(verifyLog(tables).problems).toMatchObject([{ code: "BLOB_CORRUPT", blob: digest }]);
  });
});

describe("a damaged segment file", () => {
  test.prop([fc.nat(), fc.boolean()], { numRuns: 15 })(
    "costs the blobs it held there and nothing else, wherever it is cut or changed",
    async (pick, isCut) => {
      const folder = createFolder();
      const path = `${folder.path}/test.log`;
      const picks = [1, 2, 3];
      try {
        const open = openLog({ path, clock, largeBlobs });
        await open.log.append([started("a")]);
        await putFrames(open, picks);
        await open.close();
        const file = segmentPath(path, 1);
        const bytes = readFileSync(file);
        const at = pick % bytes.length;
        if (isCut) truncateSync(file, at);
        else writeFileSync(file, bytes.fill(bytes[at]! ^ 0xff, at, at + 1));
        const ends = picks.map((_, index) =>
          picks.slice(0, index + 1).reduce((sum, one) => sum + largeBlobBytes + one, 0),
        );
        const firstHurt = ends.findIndex((end) => at < end);
        const hurt = isCut ? picks.length - firstHurt : 1;

        const after = openLog({ path, clock, mode: "existing", largeBlobs });

        const { events, problems } = verifyLog(after.tables);
        expect(events).toBe(1 + picks.length);
        expect(problems.map(({ code }) => code)).toEqual(
          Array.from({ length: hurt }, () => "BLOB_CORRUPT"),
        );
        expect(problems.some(({ position }) => position === 2 + firstHurt)).toBe(true);
        expect(await after.log.append([boxed("a", "later")])).toMatchObject([{ position: 5 }]);
        await putFrames(after, [9]);
        expect(verifyLog(after.tables).problems).toHaveLength(hurt);
        await after.close();
      } finally {
        folder.remove();
      }
    },
  );
});
