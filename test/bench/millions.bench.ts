// A log of 10 million events against an empty one: how fast it opens, reads its end and appends.
// `npx tsx test/bench/millions.bench.ts [--events 10000000] [--write]`; needs 600 bytes of disk an event.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createStopwatch, ManualClock } from "../../src/core/clock.ts";
import { openLog } from "../../store/openLog.ts";
import { tableOf, writeTable } from "./benchTable.ts";
import { appendAll } from "./logContenders.ts";
import { median } from "./measure.ts";
import { smallEvents } from "./smallEvents.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    write: { type: "boolean", default: false },
  },
});
const total = Number(values.events);
const sessionEvents = 100_000;
const batchSize = 1000;
const tailEvents = 1000;
const appendEvents = 20_000;
const rounds = 7;
/** That warm caches and compilers up and do not count. */
const warmUpRounds = 2;
const clock = new ManualClock(1);
const folder = mkdtempSync(join(tmpdir(), "dreamlog-millions-"));
const paths = { empty: join(folder, "empty.log"), full: join(folder, "full.log") } as const;

/** Median over the rounds of the seconds that some work took on each log, in turn. */
async function timed(
  work: (path: string, round: number) => Promise<void>,
): Promise<{ readonly empty: number; readonly full: number }> {
  const seconds = { empty: [] as number[], full: [] as number[] };
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const log of ["empty", "full"] as const) {
      const watch = createStopwatch();
      await work(paths[log], round);
      if (round >= 0) seconds[log].push(watch.seconds());
    }
  }
  return { empty: median(seconds.empty), full: median(seconds.full) };
}

async function fill(path: string): Promise<void> {
  const open = openLog({ path, clock });
  for (let at = 0; at < total; at += sessionEvents) {
    await appendAll(open, smallEvents(sessionEvents, `filler/${at}`), batchSize);
    process.stderr.write(`\r${((100 * at) / total).toFixed(0)} % filled`);
  }
  process.stderr.write("\r100 % filled\n");
  await open.close();
}

/** What the bars are about. */
async function figures() {
  const opened = await timed(async (path) => {
    const open = openLog({ path, clock });
    await open.log.lastPosition();
    await open.close();
  });
  const logs = new Map(Object.values(paths).map((path) => [path, openLog({ path, clock })]));
  const appended = await timed((path, round) =>
    appendAll(logs.get(path)!, smallEvents(appendEvents, `append/${round}`), 100),
  );
  const tail = await timed(async (path) => {
    const { log } = logs.get(path)!;
    const last = await log.lastPosition();
    await log.read({ afterPosition: last - tailEvents, limit: tailEvents });
  });
  for (const open of logs.values()) await open.close();
  return { opened, appended, tail };
}

try {
  await fill(paths.full);
  const { opened, appended, tail } = await figures();
  const openMs = opened.full * 1000;
  const tailRatio = tail.empty / tail.full;
  const appendRatio = appended.empty / appended.full;
  const table = tableOf(
    ["figure", "measured", "bar"],
    [
      ["events in the log", `${total}`, ""],
      ["its file", `${(statSync(paths.full).size / 1e9).toFixed(2)} GB`, ""],
      ["open", `${openMs.toFixed(1)} ms`, `≤ 100 ms ${openMs <= 100 ? "✓" : "✗"}`],
      [
        "tail read, of an empty log's rate",
        `${tailRatio.toFixed(2)} ×`,
        `≥ 0.8 × ${tailRatio >= 0.8 ? "✓" : "✗"}`,
      ],
      [
        "append, of an empty log's rate",
        `${appendRatio.toFixed(2)} ×`,
        `≥ 0.8 × ${appendRatio >= 0.8 ? "✓" : "✗"}`,
      ],
    ],
  );
  console.log(table);
  if (values.write) writeTable("millions", table);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
