import { fc, test } from "@fast-check/vitest";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { openLog } from "../../store/openLog.ts";
import { behindTheLog } from "./rawConnection.ts";
import { boxed, started } from "./sampleEvents.ts";
import { createFolder, openForTest, temporaryPath } from "./temporaryLog.ts";

const clock = new ManualClock(1);
const modes = ["create", "existing", "readonly"] as const;

describe("opening a log", () => {
  it("makes a missing file, and the folders it lies in", async () => {
    const open = openForTest({ path: join(temporaryPath("folder"), "deep", "new.log") });

    expect(await open.log.lastPosition()).toBe(0);
    expect(verifyLog(open.tables).isSound).toBe(true);
  });

  it.each(["existing", "readonly"] as const)("refuses a missing file as %s", (mode) => {
    const path = temporaryPath("missing.log");

    expect(() => openLog({ path, clock, mode })).toThrow(
      expect.objectContaining({ code: "LOG_MISSING", context: { path } }),
    );
  });

  it("finds everything again after it was closed", async () => {
    const path = temporaryPath();
    const first = openForTest({ path });
    const stored = await first.log.append([started("a"), boxed("a", "1")]);
    const head = await first.log.head();
    await first.close();

    const again = openForTest({ path, mode: "existing" });

    expect(await again.log.read({})).toEqual(stored);
    expect(await again.log.head()).toBe(head);
    expect(await again.log.append([boxed("a", "2")])).toMatchObject([{ position: 3, seq: 2 }]);
  });

  it("fills a file left by a process that died before it made the tables", async () => {
    const path = temporaryPath();
    behindTheLog(path, (database) => {
      database.pragma("page_size = 16384");
      database.pragma("journal_mode = WAL");
    });

    await expect(openForTest({ path }).log.append([started("a")])).resolves.toHaveLength(1);
  });

  it("reads but never writes a log opened for reading", async () => {
    const path = temporaryPath();
    const writer = openForTest({ path });
    await writer.log.append([started("a")]);
    const reader = openForTest({ path, mode: "readonly" });

    expect(await reader.log.lastPosition()).toBe(1);
    await expect(reader.log.append([boxed("a", "1")])).rejects.toMatchObject({
      code: "LOG_READONLY",
    });
    expect(await writer.log.lastPosition()).toBe(1);
  });

  it("sees what another connection appended, before it appends itself", async () => {
    const path = temporaryPath();
    const one = openForTest({ path });
    const other = openForTest({ path });

    await one.log.append([started("a")]);
    await other.log.append([boxed("a", "other's")]);
    const [stored] = await one.log.append([boxed("a", "one's")]);

    expect(stored).toMatchObject({ position: 3, seq: 2 });
    await expect(other.log.append([boxed("a", "late")], { expectedSeq: 2 })).rejects.toMatchObject({
      code: "SEQ_CONFLICT",
      context: { expected: 2, found: 3 },
    });
    expect(verifyLog(one.tables).isSound).toBe(true);
  });
});

describe("a file that is no dreamlog log", () => {
  test.prop([fc.uint8Array({ minLength: 1, maxLength: 9000 })], { numRuns: 40 })(
    "is refused and left as it is, whatever its bytes",
    (bytes) => {
      const folder = createFolder();
      const path = join(folder.path, "random.bin");
      writeFileSync(path, bytes);
      try {
        for (const mode of modes) {
          expect(() => openLog({ path, clock, mode })).toThrow(
            expect.objectContaining({ code: "LOG_FOREIGN" }),
          );
        }
        expect(readFileSync(path).equals(bytes)).toBe(true);
      } finally {
        folder.remove();
      }
    },
  );

  it.each(modes)("is refused and left as it is when it is another SQLite database (%s)", (mode) => {
    const path = temporaryPath("other.db");
    behindTheLog(path, (database) => database.exec("CREATE TABLE events (id TEXT)"));
    const before = readFileSync(path);

    expect(() => openLog({ path, clock, mode })).toThrow(
      expect.objectContaining({ code: "LOG_FOREIGN" }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("is refused when it stands where a folder must be", () => {
    const path = temporaryPath("file");
    writeFileSync(path, "");

    expect(() => openLog({ path: join(path, "new.log"), clock })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });

  it("is refused when it is a folder", () => {
    const path = temporaryPath("folder");
    mkdirSync(path);

    expect(() => openLog({ path, clock })).toThrow(
      expect.objectContaining({ code: "LOG_FOREIGN" }),
    );
  });

  it("is filled when it is empty and a log is to be made, and refused otherwise", async () => {
    const path = temporaryPath("empty.log");
    writeFileSync(path, "");

    for (const mode of ["existing", "readonly"] as const) {
      expect(() => openLog({ path, clock, mode })).toThrow(
        expect.objectContaining({ code: "LOG_FOREIGN" }),
      );
    }
    await expect(openForTest({ path }).log.append([started("a")])).resolves.toHaveLength(1);
  });
});

describe("a log file that was cut off", () => {
  const pageBytes = 8192;
  const headerBytes = 100;
  const magicBytes = 16;

  async function wholeLog(): Promise<Buffer> {
    const path = temporaryPath();
    const open = openForTest({ path });
    const events = Array.from({ length: 200 }, (_, at) => boxed("a", `${at}`, at));
    await open.log.append([started("a"), ...events]);
    await open.close();
    return readFileSync(path);
  }

  it("is refused by what it should hold and left as it is, wherever it was cut", async () => {
    const whole = await wholeLog();
    const pageCount = whole.length / pageBytes;
    const lengths = [magicBytes, 40, headerBytes - 1, headerBytes, 511, 512, pageBytes - 1];
    for (let pages = 1; pages < pageCount; pages++) lengths.push(pages * pageBytes);

    for (const length of lengths) {
      const path = temporaryPath();
      writeFileSync(path, whole.subarray(0, length));
      const expectedBytes = length < headerBytes ? headerBytes : whole.length;
      for (const mode of modes) {
        expect(() => openLog({ path, clock, mode })).toThrow(
          expect.objectContaining({
            code: "LOG_CORRUPT",
            context: { path, expectedBytes, foundBytes: length },
            message: expect.stringContaining("cut off") as string,
          }),
        );
      }
      expect(readFileSync(path).equals(whole.subarray(0, length))).toBe(true);
    }
  });

  it("is not what is said of a file whose first page is damaged", async () => {
    const whole = await wholeLog();
    whole.fill(0xff, headerBytes, headerBytes + 8);
    const path = temporaryPath();
    writeFileSync(path, whole);

    expect(() => openLog({ path, clock, mode: "existing" })).toThrow(
      expect.objectContaining({
        code: "LOG_CORRUPT",
        message: expect.stringContaining("the file is damaged") as string,
      }),
    );
  });
});

describe("a log from a newer dreamlog", () => {
  it.each(modes)("is refused and left as it is (%s)", async (mode) => {
    const path = temporaryPath();
    const open = openForTest({ path });
    await open.log.append([started("a")]);
    await open.close();
    const known = behindTheLog(path, (database) => {
      const version = database.pragma("user_version", { simple: true }) as number;
      database.pragma(`user_version = ${version + 1}`);
      return version;
    });
    const before = readFileSync(path);

    expect(() => openLog({ path, clock, mode })).toThrow(
      expect.objectContaining({
        code: "LOG_TOO_NEW",
        context: { path, expected: known, found: known + 1 },
      }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
