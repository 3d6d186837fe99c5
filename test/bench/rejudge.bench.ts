import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGoldenCell, importGoldenModels, recordGoldenSession } from "../../fixtures/goldenSession.ts"; // prettier-ignore
import { readSession, type SessionEvents } from "../../src/app/collectedSession.ts";
import { loadDream } from "../../src/app/derivations/judgeDreams.ts";
import { silentProgress } from "../../src/app/progress.ts";
import { sessionName, startsOf } from "../../src/app/runContext.ts";
import { settingsOf, type RunSettings } from "../../src/app/settings.ts";
import { dreamsOf, judge } from "../../src/app/stages/judge.ts";
import { tasks } from "../../src/core/cell.ts";
import { createStopwatch, createSystemClock } from "../../src/core/clock.ts";
import { digestFields } from "../../src/core/digest.ts";
import type { RgbImage } from "../../src/core/image.ts";
import { dreamImagined } from "../../src/events/dreaming.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { cropTaken } from "../../src/events/perception.ts";
import { createMediaShelf, type MediaShelf } from "../../src/media/mediaShelf.ts";
import { createWorkerPool } from "../../src/workers/workerPool.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import type { JudgeAloneJob, JudgeRequest } from "./judgeAloneWorker.ts";

// Judges the dreams of a log by another judge, as `dreamlog rejudge` does, and the same pictures, decoded
// and in memory, by the judge alone on as many threads, in turns in one process:
// npx tsx test/bench/rejudge.bench.ts [dreams] [threads]. The log repeats a few real sessions, each time under other names and with other pictures.

const dreamCount = Number(process.argv[2] ?? 16_000);
const jobs = Number(process.argv[3] ?? 2);
const candidateCount = 8;
const rounds = 1;
const startsPerTask = Math.ceil(dreamCount / candidateCount / tasks.length / rounds);
const judgeSpec = { kind: "geometric", distance: "hausdorff" } as const;

/** Each round judges a run of its own: what is judged once stands under its key. */
function settingsOfRound(round: number): RunSettings {
  const settings = settingsOf("demo", String(round));
  const each = { rope: startsPerTask, cloth: startsPerTask, toy: startsPerTask };
  return { ...settings, startsPerTask: each, branch: { steps: [], judge: judgeSpec } };
}

/** One real session a task, up to its dreams. */
async function recordTemplates(open: OpenLog): Promise<readonly (readonly StoredEvent[])[]> {
  const cell = await createGoldenCell();
  const checkpoints = await importGoldenModels(open, "templates/checkpoints");
  const templates = [];
  for (const task of tasks) {
    const session = `templates/${task}`;
    const asked = { session, task, seed: session, candidateCount };
    await recordGoldenSession(open, cell, checkpoints, asked);
    const events = await open.log.read({ session });
    const last = events.findLastIndex(({ type }) => type === dreamImagined.type);
    templates.push(events.slice(0, last + 1));
  }
  await cell.close();
  return templates;
}

/** A session's events once more, with other names, keys and pictures of the object. */
async function copySession(
  { log, blobs }: OpenLog,
  template: readonly StoredEvent[],
  session: string,
  copy: number,
): Promise<void> {
  const shelf = createMediaShelf(blobs);
  const first = (await log.lastPosition()) + 1;
  const positions = new Map(template.map(({ position }, at) => [position, first + at]));
  const copies = [];
  for (const event of template) {
    const role = event.id.slice(event.id.indexOf("#") + 1);
    copies.push({
      ...event,
      ...{ session, id: `${session}#${role}` },
      causes: event.causes.map((position) => positions.get(position) ?? position),
      key: event.key === null ? null : digestFields([session, role]),
      payload: await withOtherPictures(shelf, event, copy),
    });
  }
  await log.append(copies);
}

async function withOtherPictures(
  shelf: MediaShelf,
  { type, payload }: StoredEvent,
  copy: number,
): Promise<unknown> {
  if (type === dreamImagined.type) {
    const dream = payload as PayloadOf<typeof dreamImagined>;
    const frames = await shelf.storeImage(marked(await shelf.loadImage(dream.frames), copy), "image/qoi"); // prettier-ignore
    return { ...dream, frames };
  }
  if (type !== cropTaken.type) return payload;
  const crop = payload as PayloadOf<typeof cropTaken>;
  const image = await shelf.storeImage(
    marked(await shelf.loadImage(crop.image), copy),
    "image/qoi",
  );
  return { ...crop, image };
}

/** Three nearly white pixels tell the pictures apart and nothing else. */
function marked(image: RgbImage, copy: number): RgbImage {
  const pixels = image.pixels.slice();
  for (let digit = 0; digit < 3; digit++) pixels.fill(255 - (Math.floor(copy / 16 ** digit) % 16), 3 * digit, 3 * digit + 3); // prettier-ignore
  return { ...image, pixels };
}

async function writeRounds(open: OpenLog): Promise<void> {
  const templates = await recordTemplates(open);
  let copy = 0;
  for (let round = 0; round <= rounds; round++) {
    for (const { task, index } of startsOf(settingsOfRound(round).startsPerTask)) {
      const session = sessionName(settingsOfRound(round), "dream", task, index);
      await copySession(open, templates[tasks.indexOf(task)]!, session, copy++);
    }
  }
}

/** What the judge is shown of a round, decoded. */
async function requestsOf(open: OpenLog, settings: RunSettings): Promise<readonly JudgeRequest[]> {
  const shelf = createMediaShelf(open.blobs);
  const requestOf = async (events: SessionEvents) => ({
    task: events.task,
    goal: await shelf.loadImage(events.get("goal/crop/objectOnly", cropTaken).payload.image),
    dreams: await Promise.all(dreamsOf(events).map(({ payload }) => loadDream(shelf, payload))),
  });
  const requests = [];
  for (const { task, index } of startsOf(settings.startsPerTask)) {
    const events = await readSession(open.log, sessionName(settings, "dream", task, index));
    requests.push(await requestOf(events));
  }
  return requests;
}

/** @param work - its wall time counts, and the processor time of all threads. */
async function secondsOf(work: () => Promise<unknown>): Promise<Seconds> {
  const before = process.cpuUsage();
  const watch = createStopwatch();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: watch.seconds(), processor: (user + system) / 1e6 };
}

interface Seconds {
  wall: number;
  processor: number;
}

const folder = mkdtempSync(join(tmpdir(), "dreamlog-rejudge-"));
const path = join(folder, "bench.sqlite");
const open = openLog({ path, clock: createSystemClock() });
const judgeAlone = createWorkerPool<JudgeAloneJob, null>({
  module: new URL("judgeAloneWorker.ts", import.meta.url),
  ...{ size: jobs, setup: judgeSpec },
});
/** One job for each thread: all are idle. */
const onEach = (jobOf: (thread: number) => JudgeAloneJob) =>
  Promise.all(Array.from({ length: jobs }, (_, thread) => judgeAlone.run(jobOf(thread))));
try {
  await writeRounds(open);
  const alone: Seconds = { wall: 0, processor: 0 };
  const stage: Seconds = { wall: 0, processor: 0 };
  for (let round = 0; round <= rounds; round++) {
    const settings = settingsOfRound(round);
    const requests = await requestsOf(open, settings);
    await onEach((thread) => requests.filter((_, at) => at % jobs === thread));
    const judged = await secondsOf(() => onEach(() => "judge"));
    const signal = new AbortController().signal;
    const context = { settings, open, outDir: folder, progress: silentProgress, signal, jobs };
    const rejudged = await secondsOf(() => judge(context));
    // The first round warms up.
    if (round === 0) continue;
    for (const kind of ["wall", "processor"] as const) {
      alone[kind] += judged[kind];
      stage[kind] += rejudged[kind];
    }
  }
  const dreams = rounds * tasks.length * startsPerTask * candidateCount;
  console.log(
    `${dreams} dreams in groups of ${candidateCount}, ${jobs} threads; milliseconds a dream`,
  );
  console.log("              judge alone    judge and log    share of log and replay");
  for (const kind of ["wall", "processor"] as const) {
    const share = 1 - alone[kind] / stage[kind];
    console.log(
      kind.padEnd(14) +
        ((1000 * alone[kind]) / dreams).toFixed(3).padStart(11) +
        ((1000 * stage[kind]) / dreams).toFixed(3).padStart(17) +
        `${(100 * share).toFixed(0)} %`.padStart(27),
    );
  }
} finally {
  await judgeAlone.close();
  await open.close();
  rmSync(folder, { recursive: true, force: true });
}
