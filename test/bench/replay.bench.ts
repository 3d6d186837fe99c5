import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGoldenCell, importGoldenModels, recordGoldenSession, type GoldenCell, type GoldenCheckpoints } from "../../fixtures/goldenSession.ts"; // prettier-ignore
import { createLogVerifier, type LogVerifier } from "../../src/app/logVerifier.ts";
import { closeSession } from "../../src/app/sessionLifecycle.ts";
import { verifyLog, type LogCheck } from "../../src/app/verifyLog.ts";
import { replayLog } from "../../replay/replayLog.ts";
import { verifyRange } from "../../replay/verifyRange.ts";
import { tasks } from "../../src/core/cell.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import type { SessionId } from "../../src/events/envelope.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";

// Records sessions of all embedded stages and replays each at once, in one process and on one thread,
// with everything loaded before the clock starts: npx tsx test/bench/replay.bench.ts [starts a task]
// What counts are the ratios: recording and replay take turns, so a busy machine is busy for both. The
// processor's time, of this process without ffmpeg's, is what a machine with nothing else to do takes.

const startsPerTask = Number(process.argv[2] ?? 4);
const candidateCount = 8;
const mebibyte = 1024 * 1024;

/** @returns seconds of the robot's own time: how long its motion lasts. */
async function record(
  open: OpenLog,
  cell: GoldenCell,
  checkpoints: GoldenCheckpoints,
  session: SessionId,
): Promise<number> {
  const task = tasks.find((each) => session.includes(each))!;
  const asked = { session, task, seed: session, candidateCount };
  const { recorder } = await recordGoldenSession(open, cell, checkpoints, asked);
  const { sourceTimeUs } = (await open.log.findById(`${session}#started`))!;
  await closeSession(recorder, "completed");
  return (recorder.nowUs() - sourceTimeUs) / 1e6;
}

async function replay(open: OpenLog, verifier: LogVerifier, session: SessionId): Promise<void> {
  const { firstDivergence } = await replayLog(open.log, {
    ...{ sessions: [session], types: null, jobs: 1 },
    verifyRange: (range) => verifyRange(verifier, range),
  });
  if (firstDivergence !== null) throw new Error(`${firstDivergence.id} diverged`);
}

interface Spent {
  wall: number;
  processor: number;
}

async function timed(work: () => Promise<unknown>): Promise<Spent> {
  const watch = createStopwatch();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: watch.seconds(), processor: (user + system) / 1e6 };
}

function add(sum: Spent, { wall, processor }: Spent): void {
  sum.wall += wall;
  sum.processor += processor;
}

const folder = mkdtempSync(join(tmpdir(), "dreamlog-bench-"));
const path = join(folder, "bench.sqlite");
const open = openLog({ path, clock: createSystemClock() });
const cell = await createGoldenCell();
const verifier = createLogVerifier(open);
try {
  const checkpoints = await importGoldenModels(open, "bench/checkpoints");
  const robot = { wall: 0, processor: 0 };
  const recording = { wall: 0, processor: 0 };
  const replaying = { wall: 0, processor: 0 };
  for (let start = -1; start < startsPerTask; start++) {
    for (const task of tasks) {
      const session = `bench/${task}/${start}`;
      let robotSeconds = 0;
      const recorded = await timed(async () => {
        robotSeconds = await record(open, cell, checkpoints, session);
      });
      const replayed = await timed(() => replay(open, verifier, session));
      // The first round warms up.
      if (start < 0) continue;
      add(robot, { wall: robotSeconds, processor: robotSeconds });
      add(recording, recorded);
      add(replaying, replayed);
    }
  }
  let check: LogCheck | undefined;
  const whole = await timed(() => Promise.resolve((check = verifyLog(open.tables))));
  const sessions = startsPerTask * tasks.length;
  // The models are there once for all sessions, those of the first round among them.
  const share = sessions / (sessions + tasks.length);
  const digests = { wall: whole.wall * share, processor: whole.processor * share };
  const mib = (statSync(path).size / mebibyte).toFixed(0);
  console.log(`${sessions} sessions, ${candidateCount} candidates each; ${check?.events} events, ${mib} MiB`); // prettier-ignore
  console.log(
    "a session              wall ms  × recording    × robot   CPU ms  × recording    × robot",
  );
  for (const [name, spent] of Object.entries({
    "robot's own time": robot,
    recording,
    "replay, one thread": replaying,
    "replay, memo trusted": digests,
  })) {
    const cells = (["wall", "processor"] as const).map((kind) =>
      [
        ((1000 * spent[kind]) / sessions).toFixed(0).padStart(9),
        (recording[kind] / spent[kind]).toFixed(1).padStart(13),
        (robot[kind] / spent[kind]).toFixed(1).padStart(11),
      ].join(""),
    );
    console.log(name.padEnd(21) + cells.join(""));
  }
} finally {
  await verifier.close();
  await cell.close();
  await open.close();
  rmSync(folder, { recursive: true, force: true });
}
