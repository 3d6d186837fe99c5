import { describe, expect, it, onTestFinished } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import { largeBlobBytes } from "../../store/openLog.ts";
import { boxed, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

const tables = ["events", "causes", "producers", "sessions", "blobs", "placed_blobs", "tail"];

/** A log with a row in every table, and a connection to its file that knows nothing of dreamlog. */
async function logAndOutsider() {
  const path = temporaryPath();
  const open = openForTest({ path, largeBlobs: "beside" });
  await open.blobs.put(Uint8Array.of(1, 2, 3), "application/octet-stream");
  await open.blobs.put(new Uint8Array(largeBlobBytes), "application/octet-stream");
  await open.log.append([started("a")]);
  await open.log.append([boxed("a", "box", 1, { causes: [1] })]);
  const outsider = new Sqlite(path);
  onTestFinished(() => void outsider.close());
  return { open, outsider };
}

describe("promise 4: the database itself refuses to change history", () => {
  it.each(tables)("refuses UPDATE of %s", async (table) => {
    const { outsider } = await logAndOutsider();
    const columns = outsider.pragma(`table_info(${table})`) as { name: string }[];

    for (const { name } of columns) {
      // The end of the log moves, but never back.
      const change = table === "tail" ? "SET position = position - 1" : `SET ${name} = ${name}`;
      expect(() => outsider.exec(`UPDATE ${table} ${change}`)).toThrow("history is immutable");
    }
  });

  it.each(tables)("refuses DELETE from %s", async (table) => {
    const { outsider } = await logAndOutsider();

    expect(() => outsider.exec(`DELETE FROM ${table}`)).toThrow("history is immutable");
  });

  it.each(["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT"])(
    "refuses %s of any stored row",
    async (verb) => {
      const { open, outsider } = await logAndOutsider();
      const head = await open.log.head();

      for (const table of tables) {
        expect(() => outsider.exec(`${verb} INTO ${table} SELECT * FROM ${table}`)).toThrow(
          "history is immutable",
        );
      }
      expect(await open.log.head()).toBe(head);
      expect(verifyLog(open.tables).isSound).toBe(true);
    },
  );

  it.each([
    ["id", "SELECT 99, id, 7, 7"],
    ["session and seq", "SELECT 99, 'other', session, seq"],
    ["position", "SELECT position, 'other', 7, 7"],
  ])("refuses a new event that would replace one by its %s alone", async (_what, select) => {
    const { outsider } = await logAndOutsider();
    const rest = `type, version, kind, source_time_us, log_time_us, producer, seed, key, payload,
      content_digest, chain_digest FROM events WHERE position = 2`;

    expect(() => outsider.exec(`REPLACE INTO events ${select}, ${rest}`)).toThrow(
      "history is immutable",
    );
  });

  it("refuses an upsert", async () => {
    const { outsider } = await logAndOutsider();

    expect(() =>
      outsider.exec(
        "INSERT INTO sessions SELECT * FROM sessions WHERE true ON CONFLICT DO UPDATE SET id = 'x'",
      ),
    ).toThrow("history is immutable");
  });
});
