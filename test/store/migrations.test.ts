import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import * as schema from "../../store/schema.ts";
import { imported, sampled, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

const migrationsFolder = new URL("../../store/migrations/", import.meta.url);
const readJson = (path: string) =>
  JSON.parse(readFileSync(new URL(path, migrationsFolder), "utf8")) as never;

const { entries } = readJson("meta/_journal.json") as { entries: { tag: string; when: number }[] };

describe("the committed migrations", () => {
  it("say all that the drizzle schema says: there is nothing left to generate", async () => {
    const last = String(entries.length - 1).padStart(4, "0");
    const committed = readJson(`meta/${last}_snapshot.json`);
    const current: unknown = await generateSQLiteDrizzleJson({ ...schema });

    expect(await generateSQLiteMigration(committed, current as never)).toEqual([]);
  });

  it("bring a log of the first format up to date, with all that it holds", async () => {
    const current = openForTest({ path: temporaryPath("current.log") });
    const weights = await current.blobs.put(Uint8Array.of(1), "application/octet-stream");
    const [start] = await current.log.append([started("a"), imported("a", "w", weights)]);
    await current.log.append([sampled("a", "points", [start!], "0")]);
    const oldPath = temporaryPath("old.log");
    writeFirstFormat(oldPath, current.path);

    const migrated = openForTest({ path: oldPath, mode: "existing" });

    expect(await migrated.log.head()).toBe(await current.log.head());
    expect(await migrated.log.read({})).toEqual(await current.log.read({}));
    expect(verifyLog(migrated.tables).isSound).toBe(true);
    expect(schemaOf(oldPath)).toEqual(schemaOf(current.path));
  });
});

/** Writes the rows of a log into a file as the first two migrations and their program left it. */
function writeFirstFormat(path: string, source: string): void {
  const database = new Sqlite(path);
  database.exec(
    "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text, created_at numeric)",
  );
  for (const { tag, when } of entries.slice(0, 2)) {
    database.exec(readFileSync(new URL(`${tag}.sql`, migrationsFolder), "utf8"));
    database.exec(`INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ${when})`);
  }
  database.exec("PRAGMA application_id = 0x646c6f67; PRAGMA user_version = 1;");
  database.exec(`ATTACH '${source}' AS source`);
  for (const table of ["events", "causes", "producers", "sessions", "blobs"])
    database.exec(`INSERT INTO main.${table} SELECT * FROM source.${table}`);
  database.close();
}

function schemaOf(path: string): unknown[] {
  const database = new Sqlite(path, { readonly: true });
  try {
    return database
      .prepare(
        "SELECT name, sql FROM sqlite_schema WHERE name <> '__drizzle_migrations' ORDER BY name",
      )
      .all();
  } finally {
    database.close();
  }
}
