// Live sessions of all embedded stages, recorded in real time from a virtual cell at 30 Hz (the goal is
// watched, eight candidates are dreamed and judged, one is carried out), then replayed on two threads
// that have everything loaded: `npx tsx test/bench/replayLive.bench.ts [sessions]`.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { replayLog } from "../../replay/replayLog.ts";
import { startReplayThreads } from "../../src/app/replayThreads.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import { dreamImagined } from "../../src/events/dreaming.ts";
import type { SessionId } from "../../src/events/envelope.ts";
import { outcomeScored } from "../../src/events/evaluation.ts";
import { maskSegmented } from "../../src/events/perception.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import { tableOf } from "./benchTable.ts";
import { median } from "./measure.ts";

const sessionCount = Number(process.argv[2] ?? 3);
const jobs = 2;
const cell = "docs/cells/virtual.yaml";
const folder = mkdtempSync(join(tmpdir(), "dreamlog-live-"));
const log = join(folder, "live.sqlite");

function dreamlog(...words: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["src/cli/dreamlog.mjs", ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** A cell of its own for each session, with a scene of its own. */
async function record(session: string): Promise<void> {
  const address = join(folder, "address");
  const goal = join(folder, "goal.png");
  rmSync(address, { force: true });
  const serving = { cell, port: "0", seed: session, faults: "none", address, goal };
  const served = dreamlog("virtual-cell", ...optionsOf(serving));
  while (!existsSync(address)) {
    if (served.exitCode !== null) throw new Error("the virtual cell did not start");
    await sleep(50);
  }
  const url = readFileSync(address, "utf8");
  const recording = { cell, url, log, session, goal, planner: "zero-shot", verify: "untrained" };
  const recorder = dreamlog("record", ...optionsOf(recording), "--arm-the-robot", "--json");
  let said = "";
  recorder.stderr!.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const [code] = (await once(recorder, "exit")) as [number | null];
  const ended = once(served, "exit");
  served.kill("SIGINT");
  await ended;
  if (code !== 0) throw new Error(`recording ended with ${code}: ${said}`);
}

function optionsOf(options: Readonly<Record<string, string>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Milliseconds from a session's first event to its last, by the clock of who recorded. */
async function recordedMs(open: OpenLog, session: SessionId): Promise<number> {
  const first = await open.log.getBySeq(session, 0);
  const last = await open.log.get((await open.log.session(session))!.lastPosition);
  return (last!.logTimeUs - first!.logTimeUs) / 1000;
}

/** The session with what it watched and carried out. */
async function partsOf(open: OpenLog, session: SessionId): Promise<readonly SessionId[]> {
  const all = await open.log.sessions(session);
  return all.map(({ id }) => id).filter((id) => id === session || id.startsWith(`${session}/`));
}

async function measure(open: OpenLog): Promise<void> {
  const threads = startReplayThreads(log, jobs);
  const rows: string[][] = [];
  const ratios: number[] = [];
  try {
    for (let at = 0; at <= sessionCount; at++) {
      const session = `live/${at}`;
      const recorded = await recordedMs(open, session);
      const sessions = await partsOf(open, session);
      const watch = createStopwatch();
      const { byType, readOnly, firstDivergence } = await replayLog(open.log, {
        ...{ sessions, types: null, jobs, verifyRange: threads.verifyRange },
      });
      const replayed = 1000 * watch.seconds();
      if (firstDivergence !== null) throw new Error(`${firstDivergence.id} diverged`);
      // The first one warms the threads up.
      if (at === 0) continue;
      ratios.push(recorded / replayed);
      const verifiedOf = (type: string) => byType.find((each) => each.type === type)?.verified ?? 0;
      const derived = byType.reduce((sum, { verified }) => sum + verified, 0);
      const counts = [readOnly, derived, verifiedOf(maskSegmented.type), verifiedOf(dreamImagined.type), verifiedOf(outcomeScored.type)]; // prettier-ignore
      rows.push([
        session,
        (recorded / 1000).toFixed(1),
        (replayed / 1000).toFixed(2),
        (recorded / replayed).toFixed(1),
        ...counts.map(String),
      ]);
    }
  } finally {
    await threads.close();
  }
  const head = ["session", "recorded s", "replayed s", "×", "facts", "derived", "masks", "dreams", "scores"]; // prettier-ignore
  console.log(tableOf(head, rows));
  console.log(`median: ${median(ratios).toFixed(1)} times faster than it was recorded`);
}

try {
  for (let at = 0; at <= sessionCount; at++) await record(`live/${at}`);
  const open = openLog({ path: log, clock: createSystemClock(), mode: "readonly" });
  try {
    await measure(open);
  } finally {
    await open.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
