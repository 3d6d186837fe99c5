// Records sessions of all embedded stages and replays each at once, on one thread and on two, with
// everything loaded before the clock starts: `npx tsx test/bench/replay.bench.ts [starts a task]`.
// Once with the camera at 30 Hz, as a session is recorded, and once with two pictures a motion, as
// trajectories are collected in bulk. Recording and replay take turns, so a busy machine is busy for
// both; what counts are the medians and their ratios.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGoldenCell, importGoldenModels, recordGoldenSession, type GoldenCell, type GoldenCheckpoints } from "../../fixtures/goldenSession.ts"; // prettier-ignore
import { createLogVerifier } from "../../src/app/logVerifier.ts";
import { startReplayThreads } from "../../src/app/replayThreads.ts";
import { closeSession } from "../../src/app/sessionLifecycle.ts";
import { verifyInParts } from "../../src/app/verifyLogFile.ts";
import { replayLog } from "../../replay/replayLog.ts";
import { verifyRange, type ReplayRange } from "../../replay/verifyRange.ts";
import type { ReplayCounts } from "../../replay/replayReport.ts";
import { tasks } from "../../src/core/cell.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import type { SessionId } from "../../src/events/envelope.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import { tableOf } from "./benchTable.ts";
import { median } from "./measure.ts";

const startsPerTask = Number(process.argv[2] ?? 4);
const candidateCount = 8;
const mebibyte = 1024 * 1024;
const threadCount = 2;

type VerifyRange = (range: ReplayRange) => Promise<ReplayCounts>;

/** Milliseconds, one a session. */
interface Figures {
  readonly robot: number[];
  readonly recording: number[];
  readonly oneThread: number[];
  readonly twoThreads: number[];
}

/** @returns milliseconds of the robot's own time: how long its motion lasts. */
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
  return (recorder.nowUs() - sourceTimeUs) / 1000;
}

async function replay(
  open: OpenLog,
  sessions: readonly SessionId[],
  jobs: number,
  verify: VerifyRange,
): Promise<void> {
  const { firstDivergence, unknownProducers } = await replayLog(open.log, {
    ...{ sessions, types: null, jobs, verifyRange: verify },
  });
  if (firstDivergence !== null) throw new Error(`${firstDivergence.id} diverged`);
  if (unknownProducers.length > 0) throw new Error(`${unknownProducers[0]!.component} is unknown`);
}

async function timedMs(work: () => Promise<unknown>): Promise<number> {
  const watch = createStopwatch();
  await work();
  return 1000 * watch.seconds();
}

/** Records and replays all sessions of one kind, and prints what that took. */
async function measureKind(name: string, cell: GoldenCell, path: string): Promise<void> {
  const open = openLog({ path, clock: createSystemClock() });
  const verifier = createLogVerifier(open);
  const threads = startReplayThreads(path, threadCount);
  const here: VerifyRange = (range) => verifyRange(verifier, range);
  try {
    const checkpoints = await importGoldenModels(open, "bench/checkpoints");
    const figures: Figures = { robot: [], recording: [], oneThread: [], twoThreads: [] };
    const sessions: SessionId[] = [];
    for (let start = -1; start < startsPerTask; start++) {
      for (const task of tasks) {
        const session = `bench/${task}/${start}`;
        let robotMs = 0;
        const recording = await timedMs(async () => {
          robotMs = await record(open, cell, checkpoints, session);
        });
        const oneThread = await timedMs(() => replay(open, [session], 1, here));
        const twoThreads = await timedMs(() =>
          replay(open, [session], threadCount, threads.verifyRange),
        );
        // The first round warms up.
        if (start < 0) continue;
        sessions.push(session);
        figures.robot.push(robotMs);
        figures.recording.push(recording);
        figures.oneThread.push(oneThread);
        figures.twoThreads.push(twoThreads);
      }
    }
    const together = await timedMs(() => replay(open, sessions, threadCount, threads.verifyRange));
    const all = (sessions.length * (startsPerTask + 1)) / startsPerTask;
    const digests = await timedMs(() => verifyInParts(open.tables, threads.verifyPart));
    const mib = (statSync(path).size / mebibyte).toFixed(0);
    console.log(`\n${name}: ${sessions.length} sessions, ${candidateCount} candidates each, ${mib} MiB\n`); // prettier-ignore
    printTable(figures, together / sessions.length, digests / all);
  } finally {
    await threads.close();
    await verifier.close();
    await open.close();
  }
}

/**
 * @param togetherMs - a session's share of replaying all at once.
 * @param digestsMs - its share of checking the whole log's digests.
 */
function printTable(figures: Figures, togetherMs: number, digestsMs: number): void {
  const robotMs = median(figures.robot);
  const recordingMs = median(figures.recording);
  const rows = Object.entries({
    "the robot's own time": robotMs,
    recording: recordingMs,
    "replay, one thread": median(figures.oneThread),
    "replay, two threads": median(figures.twoThreads),
    "replay of all at once, two threads": togetherMs,
    "replay, memo trusted, two threads": digestsMs,
  }).map(([name, ms]) => [
    name,
    ms.toFixed(0),
    (recordingMs / ms).toFixed(1),
    (robotMs / ms).toFixed(1),
  ]);
  const head = ["a session", "ms", "× recording", "× robot"];
  console.log(tableOf(head, rows));
}

const folder = mkdtempSync(join(tmpdir(), "dreamlog-bench-"));
try {
  const kinds = {
    "camera at 30 Hz": await createGoldenCell({ rateHz: 30 }),
    "camera as in bulk collection": await createGoldenCell(),
  };
  for (const [at, [name, cell]] of Object.entries(kinds).entries()) {
    await measureKind(name, cell, join(folder, `${at}.sqlite`));
    await cell.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
