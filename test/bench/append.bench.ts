// Speed of the log against its baselines, in one process: `npm run bench [-- --out FOLDER]` prints a
// table, and writes bench.json where a folder is named.
import Database from "better-sqlite3";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ManualClock } from "../../src/core/clock.ts";
import { openLog } from "../../store/openLog.ts";
import {
  appendAll,
  blobPuts,
  fileAppends,
  logAppends,
  logReads,
  rawInserts,
  rawScan,
  type Bench,
} from "./contenders.ts";
import { measure, type Measurement } from "./measure.ts";
import { smallEvents } from "./smallEvents.ts";

const eventCount = 20_000;
const batchSize = 100;
const rounds = 7;
const readPage = 1000;

const folder = mkdtempSync(join(tmpdir(), "dreamlog-bench-"));
let fileCount = 0;
const bench: Bench = {
  events: smallEvents(eventCount),
  batchSize,
  readPage,
  frames: Array.from({ length: 20 }, (_, frame) =>
    Uint8Array.from({ length: 960 * 540 * 3 }, (_sample, at) => (at * (frame + 3)) % 251),
  ),
  clock: new ManualClock(1),
  newPath: () => join(folder, `${++fileCount}.log`),
};
type Row = readonly unknown[];

/** A finished log of all events, and its rows as SQLite holds them. */
async function referenceLog(): Promise<{ readonly path: string; readonly rows: readonly Row[] }> {
  const path = bench.newPath();
  const open = openLog({ path, clock: bench.clock });
  await appendAll(open, bench);
  await open.close();
  const database = new Database(path, { readonly: true });
  const rows = database.prepare("SELECT * FROM events ORDER BY position").raw().all() as Row[];
  database.close();
  return { path, rows };
}

/** The statements that make the table `events`, with or without its indexes, never its triggers. */
function statementsOf(path: string, { indexed }: { readonly indexed: boolean }): string[] {
  const database = new Database(path, { readonly: true });
  const statements = database
    .prepare<[], string>(
      `SELECT sql FROM sqlite_schema WHERE tbl_name = 'events' AND sql IS NOT NULL
       AND type IN ('table'${indexed ? ", 'index'" : ""}) ORDER BY type DESC`,
    )
    .pluck()
    .all();
  database.close();
  return statements;
}

function tableOf(title: string, measurements: readonly Measurement[]): string {
  const lines = measurements.map(
    ({ name, perSecond, ratio }) =>
      `  ${name.padEnd(44)} ${perSecond.toFixed(0).padStart(9)}/s  ${ratio.toFixed(2).padStart(6)} ×`,
  );
  return [title, ...lines].join("\n");
}

const { values } = parseArgs({ options: { out: { type: "string" } } });
try {
  const { path, rows } = await referenceLog();
  const settings = { unitCount: eventCount, rounds };
  const append = await measure(
    [
      rawInserts(
        bench,
        "raw inserts, one plain table",
        rows,
        statementsOf(path, { indexed: false }),
      ),
      rawInserts(
        bench,
        "raw inserts, the log's indexes",
        rows,
        statementsOf(path, { indexed: true }),
      ),
      logAppends(bench, "log.append", "normal"),
      logAppends(bench, "log.append, durability full", "full"),
    ],
    settings,
  );
  const read = await measure([rawScan(bench, path), logReads(bench, path)], settings);
  const frames = await measure([fileAppends(bench), blobPuts(bench)], {
    unitCount: bench.frames.length,
    rounds,
  });
  const payloadBytes = rows.reduce((sum, row) => sum + (row[12] as Buffer).length, 0);
  console.log(
    [
      `${eventCount} small events (payload ${(payloadBytes / eventCount).toFixed(0)} B), median of ${rounds} rounds`,
      tableOf(`append, batches of ${batchSize}; × the first line`, append),
      tableOf("read everything; × the first line", read),
      tableOf("frames of 1.55 MB; × the first line", frames),
    ].join("\n\n"),
  );
  if (values.out !== undefined) {
    mkdirSync(values.out, { recursive: true });
    const report = { eventCount, batchSize, rounds, append, read, frames };
    writeFileSync(join(values.out, "bench.json"), `${JSON.stringify(report, null, 2)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
