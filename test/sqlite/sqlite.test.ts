import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { Sqlite } from "../../src/sqlite/sqlite.ts";

const load = createRequire(import.meta.url);
const hasNodeApi10 = Number(process.versions.napi) >= 10;

test("a Node that can run better-sqlite3 13 runs it, and another runs 12", () => {
  expect(Sqlite).toBe(load(hasNodeApi10 ? "better-sqlite3-13" : "better-sqlite3"));
});

test("opens a database and names its errors", () => {
  const database = new Sqlite(":memory:");
  expect(database.prepare("SELECT 6 * 7").pluck().get()).toBe(42);
  expect(() => database.exec("SELECT FROM")).toThrow(Sqlite.SqliteError);
  database.close();
});
