// A live session in real time: three cameras of 960×540 at 30 frames a second into their encoders, two
// arms with 1000 states and 30 commands a second each, all into one log. With `--raw` one camera is
// stored raw in place of three encoded. Prints what was lost, the delay of the event loop and the
// memory over time: `npx tsx test/bench/load.bench.ts [--seconds 60] [--raw] [--priority usual] [--write]`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { takeRealTime } from "../../src/cli/realTime.ts";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import { openLog } from "../../store/openLog.ts";
import { openLogWriter, type LogWriter } from "../../store/logWriter.ts";
import { tableOf, writeTable } from "./benchTable.ts";
import {
  armSource,
  encodedCamera,
  fact,
  liveSession,
  rawCamera,
  started,
  type Source,
} from "./liveSources.ts";
import { median } from "./measure.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    raw: { type: "boolean", default: false },
    priority: { type: "string", default: "real-time" },
    write: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
/** Of the calling thread, as `dreamlog record` takes it. */
const priority = values.priority === "usual" ? "usual" : takeRealTime();
const clock = createSystemClock();
const folder = mkdtempSync(join(tmpdir(), "dreamlog-load-"));
const path = join(folder, "live.log");

/** Resident memory is compared with what it was at this second. */
const settledSeconds = Math.min(10, seconds / 2);

interface LiveLoad {
  readonly offered: number;
  readonly lost: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Each second, in MB. */
  readonly residentMb: readonly number[];
}

async function runLoad(writer: LogWriter): Promise<LiveLoad> {
  await writer.log.append([started(clock.nowUs())]);
  const cameras = values.raw
    ? [rawCamera(writer, "top", clock)]
    : ["top", "left", "right"].map((name) => encodedCamera(writer, name, clock));
  const arms = (["left", "right"] as const).map((arm) => armSource(writer, arm, clock));
  const sources: readonly Source[] = [...cameras, ...arms];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const residentMb: number[] = [];
  const watch = createStopwatch();
  delay.enable();
  for (let shown = 0; watch.seconds() < seconds;) {
    for (const source of sources) source.advance(watch.seconds());
    if (watch.seconds() >= shown + 1) {
      shown += 1;
      residentMb.push(process.memoryUsage.rss() / 1e6);
    }
    await sleep(1);
  }
  delay.disable();
  for (const source of sources) await source.finish();
  await writer.log.append([
    fact("closed", "session.closed", clock.nowUs(), { reason: "completed", note: "" }),
  ]);
  const counts = sources.map((source) => source.counts());
  return {
    offered: counts.reduce((sum, { offered }) => sum + offered, 0),
    lost: counts.reduce((sum, { offered, stored }) => sum + offered - stored, 0),
    // Of a loop that is free, the delay is what a timer of one millisecond takes.
    delayP99Ms: delay.percentile(99) / 1e6,
    delayMaxMs: delay.max / 1e6,
    residentMb,
  };
}

/** Medians of five seconds each: flat memory has no trend, but the garbage collector's teeth. */
function smoothed(residentMb: readonly number[]): readonly number[] {
  return residentMb.map((_, at) => median(residentMb.slice(Math.max(0, at - 4), at + 1)));
}

function report({ offered, lost, delayP99Ms, delayMaxMs, residentMb }: LiveLoad, bytes: number) {
  const settled = smoothed(residentMb.slice(settledSeconds));
  const middle = median(settled);
  const swing = Math.max(...settled.map((mb) => Math.abs(mb / middle - 1)));
  return tableOf(
    ["figure", "measured", "bar"],
    [
      ["time", `${seconds} s`, ""],
      ["priority of the calling thread", priority, ""],
      ["frames, states and commands offered", `${offered}`, ""],
      ["lost", `${lost}`, `0 ${lost === 0 ? "✓" : "✗"}`],
      [
        "event loop delay, p99",
        `${delayP99Ms.toFixed(1)} ms`,
        `< 5 ms ${delayP99Ms < 5 ? "✓" : "✗"}`,
      ],
      ["event loop delay, longest", `${delayMaxMs.toFixed(1)} ms`, ""],
      [
        "resident memory by quarters of the time",
        [1, 2, 3, 4]
          .map((quarter) => residentMb[Math.floor((residentMb.length * quarter) / 4) - 1]!)
          .map((mb) => `${mb.toFixed(0)} MB`)
          .join(", "),
        "",
      ],
      [
        `resident memory, swing from second ${settledSeconds} on`,
        `± ${(swing * 100).toFixed(1)} %`,
        `≤ 10 % ${swing <= 0.1 ? "✓" : "✗"}`,
      ],
      ["in the log", `${(bytes / 1e6).toFixed(0)} MB`, ""],
    ],
  );
}

try {
  const writer = await openLogWriter({ path, clock, largeBlobs: "beside" });
  const load = await runLoad(writer);
  await writer.close();
  const open = openLog({ path, clock, mode: "readonly" });
  const { bytes } = await open.log.stats();
  const check = verifyLog(open.tables);
  await open.close();
  console.log(report(load, bytes));
  console.log(`\n${liveSession}: ${check.events} events, ${check.isSound ? "sound" : "DAMAGED"}`);
  if (!check.isSound || load.lost > 0) process.exitCode = 1;
  if (values.write) writeTable(values.raw ? "raw load" : "load", report(load, bytes));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
