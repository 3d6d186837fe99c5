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
const rounds = 5;
const clock = new ManualClock(1);
const folder = mkdtempSync(join(tmpdir(), "dreamlog-millions-"));

/** Seconds of each round of some work. */
async function timed(work: (round: number) => Promise<void>): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const watch = createStopwatch();
    await work(round);
    seconds.push(watch.seconds());
  }
  return median(seconds);
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

/** What the bars are about, in seconds. */
async function figuresOf(path: string) {
  const openSeconds = await timed(async () => {
    const open = openLog({ path, clock });
    await open.log.lastPosition();
    await open.close();
  });
  const open = openLog({ path, clock });
  await appendAll(open, smallEvents(tailEvents, "tail"), batchSize);
  const tailSeconds = await timed(async () => {
    const last = await open.log.lastPosition();
    await open.log.read({ afterPosition: last - tailEvents, limit: tailEvents });
  });
  const appendSeconds = await timed((round) =>
    appendAll(open, smallEvents(20_000, `append/${round}`), 100),
  );
  await open.close();
  return { openSeconds, tailSeconds, appendSeconds };
}

try {
  const empty = join(folder, "empty.log");
  const full = join(folder, "full.log");
  await fill(full);
  const [small, large] = [await figuresOf(empty), await figuresOf(full)];
  const tail = small.tailSeconds / large.tailSeconds;
  const append = small.appendSeconds / large.appendSeconds;
  const openMs = large.openSeconds * 1000;
  const table = tableOf(
    ["figure", "measured", "bar"],
    [
      ["events in the log", `${total}`, ""],
      ["its file", `${(statSync(full).size / 1e9).toFixed(2)} GB`, ""],
      ["open", `${openMs.toFixed(1)} ms`, `≤ 100 ms ${openMs <= 100 ? "✓" : "✗"}`],
      [
        "tail read, of an empty log's rate",
        `${tail.toFixed(2)} ×`,
        `≥ 0.8 × ${tail >= 0.8 ? "✓" : "✗"}`,
      ],
      [
        "append, of an empty log's rate",
        `${append.toFixed(2)} ×`,
        `≥ 0.8 × ${append >= 0.8 ? "✓" : "✗"}`,
      ],
    ],
  );
  console.log(table);
  if (values.write) writeTable("millions", table);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
