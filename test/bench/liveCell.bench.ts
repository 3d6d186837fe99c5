// A live session against a virtual cell in a process of its own, over a real socket: three cameras of
// 960×540 at 30 Hz, two arms at 1 kHz, commands at 30 Hz. The cell then falls silent while an arm moves.
// Prints what was lost on the way into the log, the lag of the event loop, the time from a command to
// its byte on the socket, and from silence to the halt:
// `npx tsx test/bench/liveCell.bench.ts [--seconds 60] [--priority usual] [--write]`.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { parseCellFile } from "../../hardware/cellFile/parseCellFile.ts";
import { streamsOf } from "../../hardware/intake/cellStreams.ts";
import type { LiveCell } from "../../hardware/liveCell.ts";
import { recordSession } from "../../src/app/live/recordSession.ts";
import { takeRealTime } from "../../src/cli/realTime.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import { linkChanged } from "../../src/events/hardware.ts";
import { homeJointsRad } from "../../src/robot/fr3.ts";
import { openLog } from "../../store/openLog.ts";
import { tableOf, writeTable } from "./benchTable.ts";
import { readStamps } from "./readStamps.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    priority: { type: "string", default: "real-time" },
    write: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
/** As `dreamlog record` takes it. */
const priority = values.priority === "usual" ? "usual" : takeRealTime();
const cellPath = "docs/cells/three-cameras.yaml";
const session = "bench";
/** The cell is silent for so long at the end: enough to be noticed and for the last bytes to come. */
const silentSeconds = 2;
/** Connecting and compiling take their time; from then on is commanded and measured. */
const settledSeconds = 5;
const folder = mkdtempSync(join(tmpdir(), "dreamlog-live-"));
const clock = createSystemClock();

interface Commanding {
  /** From the call with the planner's target to the return, the byte in the kernel's hands; seconds. */
  readonly pathSeconds: number[];
  /** From the moment the command's period began. */
  readonly sinceDueSeconds: number[];
  /** Commands of which the kernel did not take every byte at once. */
  heldBack: number;
  /** When and why halts left, by this machine's clock. */
  readonly halts: { readonly atUs: number; readonly reason: string }[];
}

/** The left arm swings gently, a command a period, until the session is over; a halt is released. */
async function command(
  cell: LiveCell,
  rateHz: number,
  made: Commanding,
  over: AbortSignal,
): Promise<void> {
  await sleep(settledSeconds * 1000);
  const periodUs = 1e6 / rateHz;
  const slotNow = () => Math.floor((clock.nowUs() * rateHz) / 1e6);
  const watch = createStopwatch();
  for (let slot = slotNow(); !over.aborted;) {
    while (slotNow() <= slot) {
      await sleep(Math.max(1, Math.ceil(((slot + 1) * periodUs - clock.nowUs()) / 1000)));
    }
    slot = slotNow();
    const swing = 0.1 * Math.sin(2 * Math.PI * 0.2 * watch.seconds());
    const joints = homeJointsRad.map((angle, joint) => angle + (joint === 0 ? swing : 0));
    const path = createStopwatch();
    const decision = cell.command({ arm: "left", primitive: "swing", joints, openingM: 0.06 });
    const pathSeconds = path.seconds();
    if (decision.isHalt) {
      made.halts.push({ atUs: clock.nowUs(), reason: decision.reasons.join(", ") });
    }
    if (cell.haltedBy !== null) cell.release("bench");
    if (decision.sent === null) continue;
    made.pathSeconds.push(pathSeconds);
    made.sinceDueSeconds.push((clock.nowUs() - slot * periodUs) / 1e6);
    if (cell.counts.bufferedBytes > 0) made.heldBack += 1;
  }
}

async function startCell(): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const address = join(folder, "address");
  const options = { cell: cellPath, port: 0, faults: "none", "publish-seconds": seconds };
  const files = { ledger: join(folder, "ledger.json"), address };
  const args = Object.entries({ ...options, ...files }).flatMap(([name, value]) => [
    `--${name}`,
    `${value}`,
  ]);
  const served = spawn(process.execPath, ["src/cli/dreamlog.mjs", "virtual-cell", ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (!existsSync(address)) {
    if (served.exitCode !== null) throw new Error("the virtual cell did not start");
    await sleep(50);
  }
  return { process: served, url: readFileSync(address, "utf8") };
}

/** @returns messages that were sent to us and are not in the log, and all that were sent. */
async function countLost(path: string, description: Parameters<typeof streamsOf>[0]) {
  const ledger = JSON.parse(readFileSync(join(folder, "ledger.json"), "utf8")) as Readonly<
    Record<string, readonly number[]>
  >;
  const open = openLog({ path, clock, mode: "readonly" });
  const stored = await readStamps(open.log, session);
  const links = await open.log.read({ session, types: [linkChanged.type] });
  await open.close();
  let sentCount = 0;
  let lostCount = 0;
  for (const { topic, name } of streamsOf(description)) {
    const sent = ledger[topic] ?? [];
    const here = new Set(stored.get(name) ?? []);
    sentCount += sent.length;
    lostCount += sent.filter((stamp) => !here.has(stamp)).length;
  }
  const lastSentUs = Math.max(...Object.values(ledger).map((stamps) => stamps.at(-1) ?? 0));
  return { sentCount, lostCount, lastSentUs, linkCount: links.length };
}

/** Such as `2 × staleState`. */
function countsOf(names: readonly string[]): string {
  const counts = [...new Set(names)].sort().map((name) => {
    return `${names.filter((other) => other === name).length} × ${name}`;
  });
  return counts.join(", ") || "none";
}

function percentileMs(values_: readonly number[], share: number): number {
  const sorted = [...values_].sort((a, b) => a - b);
  return 1000 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN);
}

function judged(value: number, limit: number, unit: string): readonly [string, string] {
  return [`${value.toFixed(2)} ${unit}`, `< ${limit} ${unit} ${value < limit ? "✓" : "✗"}`];
}

try {
  const served = await startCell();
  const text = readFileSync(cellPath, "utf8").replace("ws://127.0.0.1:9090", served.url);
  const cell = parseCellFile(text, cellPath);
  const path = join(folder, "live.sqlite");
  const made: Commanding = { pathSeconds: [], sinceDueSeconds: [], heldBack: 0, halts: [] };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const over = new AbortController();
  let commanding = Promise.resolve();
  const recorded = await recordSession({
    logPath: path,
    session,
    cell,
    isArmed: true,
    aim: null,
    durationSeconds: seconds + silentSeconds,
    signal: new AbortController().signal,
    onStatus: () => undefined,
    onReady(live) {
      commanding = command(live, cell.limits.rateHz, made, over.signal);
      setTimeout(() => delay.enable(), settledSeconds * 1000);
      setTimeout(() => delay.disable(), seconds * 1000);
    },
  });
  over.abort();
  await commanding;
  const ended = once(served.process, "exit");
  served.process.kill("SIGINT");
  await ended;
  const { sentCount, lostCount, lastSentUs, linkCount } = await countLost(path, cell.description);
  const last = made.halts.find(({ atUs }) => atUs > lastSentUs);
  const early = made.halts.filter(({ atUs }) => atUs <= lastSentUs);
  const silenceMs = ((last?.atUs ?? NaN) - lastSentUs) / 1000;
  const rates = recorded.status.streams.map(({ messages }) => messages / seconds);
  const table = tableOf(
    ["figure", "measured", "bar"],
    [
      ["time", `${seconds} s`, ""],
      ["priority of the thread of messages and commands", priority, ""],
      ["messages that the cell sent", `${sentCount}`, ""],
      ["their rate", `${rates.reduce((sum, rate) => sum + rate, 0).toFixed(0)}/s`, ""],
      ["of them not in the log", `${lostCount}`, `0 ${lostCount === 0 ? "✓" : "✗"}`],
      ["of them the log found no room for", `${recorded.status.dropped}`, ""],
      ["connections made and lost", `${linkCount}`, ""],
      ["event loop delay, p99", ...judged(delay.percentile(99) / 1e6, 5, "ms")],
      ["event loop delay, longest", `${(delay.max / 1e6).toFixed(1)} ms`, ""],
      [
        "commands sent, a second",
        (made.pathSeconds.length / (seconds - settledSeconds)).toFixed(1),
        "",
      ],
      [
        "target to byte on the socket, p99",
        ...judged(percentileMs(made.pathSeconds, 0.99), 5, "ms"),
      ],
      [
        "begin of the period to byte, p99",
        `${percentileMs(made.sinceDueSeconds, 0.99).toFixed(2)} ms`,
        "",
      ],
      ["commands the kernel did not take at once", `${made.heldBack}`, ""],
      ["halts while the cell spoke", countsOf(early.map(({ reason }) => reason)), ""],
      ["last message of the cell to the halt", ...judged(silenceMs, 100, "ms")],
    ],
  );
  console.log(table);
  if (lostCount > 0 || last === undefined) process.exitCode = 1;
  if (values.write) writeTable("live cell", table);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
