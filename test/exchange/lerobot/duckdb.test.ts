import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportLerobot } from "../../../src/app/exports/exportLerobot.ts";
import { readEpisodes } from "../../../src/app/exports/readEpisodes.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";
import { rateHz, recordSession } from "../recordedSession.ts";

/*
 * Reads an export back with DuckDB, whose Parquet reader shares nothing with the library that wrote
 * it. It is 70 MB, so it is no dependency: `npm install --no-save @duckdb/node-api` runs these tests.
 */

interface Connection {
  runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): Record<string, unknown>[] }>;
}
interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{ connect(): Promise<Connection> }>;
  };
}

/** A name in a variable, for the package need not be there when types are checked. */
const packageName = "@duckdb/node-api";
const duckDb = (await import(packageName).catch(() => null)) as DuckDb | null;
if (duckDb === null) console.log(`skipped: ${packageName} is not installed`);

async function exported() {
  const { log, blobs } = createMemoryLog({ clock: new ManualClock(0) });
  await recordSession({ log, blobs }, { session: "collect/rope/0", stepCount: 12, score: 1 });
  await recordSession({ log, blobs }, { session: "collect/toy/0", stepCount: 15, task: "toy" });
  const request = {
    ...{ log, blobs, prefix: "", uptoPosition: await log.lastPosition() },
    ...{ to: temporaryPath("lerobot"), progress: silentProgress },
    signal: new AbortController().signal,
  };
  await exportLerobot(request, "copy");
  const { episodes } = await readEpisodes(request);
  const connection = await (await duckDb!.DuckDBInstance.create(":memory:")).connect();
  const query = async (sql: string) =>
    (await connection.runAndReadAll(sql.replaceAll("$root", request.to))).getRowObjectsJson();
  return { root: request.to, episodes, query };
}

const data = "'$root/data/*/*.parquet'";
const episodeRows = "'$root/meta/episodes/*/*.parquet'";

describe.skipIf(duckDb === null)("a LeRobot export read by DuckDB", () => {
  it("has the rows of the log, each with its indices, time and values", async () => {
    const { episodes, query } = await exported();
    const rows = await query(`SELECT * FROM ${data} ORDER BY index`);
    const expected = episodes.flatMap(({ rowCount, states, actions }, episode) =>
      Array.from({ length: rowCount }, (_, row) => ({
        ...{ episode_index: String(episode), frame_index: String(row) },
        timestamp: Math.fround(row / rateHz),
        "observation.state": [...states.subarray(16 * row, 16 * row + 16)],
        action: [...actions.subarray(16 * row, 16 * row + 16)],
        "next.done": row === rowCount - 1,
      })),
    );
    expect(rows).toMatchObject(expected.map((row, index) => ({ ...row, index: String(index) })));
  });

  it("has episodes that find their rows and tasks", async () => {
    const { episodes, query } = await exported();
    const rows = await query(`
      SELECT e.length, e.dataset_from_index, e.dataset_to_index, e.tasks[1] AS task, t.task AS named, d.*
      FROM ${episodeRows} e
      JOIN (SELECT episode_index, count(*) AS n, min(index) AS first, max(index) + 1 AS end, any_value(task_index) AS task_index FROM ${data} GROUP BY ALL) d USING (episode_index)
      JOIN '$root/meta/tasks.parquet' t ON t.task_index = d.task_index
      ORDER BY e.episode_index`);
    expect(rows).toHaveLength(episodes.length);
    rows.forEach((row, at) => {
      const { rowCount, task } = episodes[at]!;
      expect(row).toMatchObject({ length: String(rowCount), n: String(rowCount), task, named: task }); // prettier-ignore
      expect([row["dataset_from_index"], row["dataset_to_index"]]).toEqual([row["first"], row["end"]]); // prettier-ignore
    });
  });

  it("says of every number the statistics that DuckDB finds", async () => {
    const { root, query } = await exported();
    type Stats = Record<string, Record<string, number[]>>;
    const stats = JSON.parse(readFileSync(join(root, "meta/stats.json"), "utf8")) as Stats;
    const numeric = Object.keys(stats).filter((name) => !name.startsWith("observation.images"));
    expect(numeric).toContain("action");
    for (const feature of numeric) {
      for (const column of stats[feature]!["min"]!.keys()) {
        const isList = stats[feature]!["min"]!.length > 1;
        const value = `("${feature}"${isList ? `[${column + 1}]` : ""})::DOUBLE`;
        const [found] = await query(`
          SELECT min(${value}) AS min, max(${value}) AS max, avg(${value}) AS mean,
            stddev_pop(${value}) AS std, quantile_cont(${value}, 0.01) AS q01,
            quantile_cont(${value}, 0.5) AS q50, quantile_cont(${value}, 0.99) AS q99
          FROM ${data}`);
        for (const [name, number] of Object.entries(found!)) {
          const said = stats[feature]![name]![column]!;
          expect(said, `${feature} ${column} ${name}`).toBeCloseTo(number as number, 12);
        }
      }
    }
  });
});
