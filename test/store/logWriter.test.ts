import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { LogWriter } from "../../store/logWriter.ts";
import type { WriteJob } from "../../store/writeJob.ts";
import type { GroupLimits } from "../../store/writeQueue.ts";
import { absentBlob, boxed, closed, imported, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath, writerForTest } from "./temporaryLog.ts";
import { writeHere } from "./writeHere.ts";

/** A writer whose thread waits to be let on before each job, so that a test decides what meets. */
async function heldWriter(group: Partial<GroupLimits> = { maxAgeMs: 0 }) {
  const jobs: WriteJob[] = [];
  let isHeld = false;
  const held: (() => void)[] = [];
  const writer = await writerForTest({
    path: temporaryPath(),
    group,
    startThread: (setup) => {
      const thread = writeHere(setup);
      return {
        ...thread,
        async run(job, transfer) {
          jobs.push(job);
          if (isHeld) await new Promise<void>((resolve) => void held.push(resolve));
          return thread.run(job, transfer);
        },
      };
    },
  });
  await writer.log.append([started("a")]);
  jobs.length = 0;
  return {
    writer,
    jobs,
    hold: () => (isHeld = true),
    release: () => {
      isHeld = false;
      for (const letOn of held.splice(0)) letOn();
    },
  };
}

const idsOf = async ({ log }: LogWriter) =>
  (await log.read({ session: "a" })).map(({ id }: StoredEvent) => id);

describe("a log written by a thread of its own", () => {
  it("does all of it in a real thread: events, blobs, streams; and closes the file", async () => {
    const path = temporaryPath();
    const writer = await writerForTest({ path, durability: "full" });
    const blob = await writer.blobs.put(Uint8Array.of(1, 2, 3), "application/octet-stream");
    const [, stored] = await writer.log.append([started("a"), imported("a", "weights", blob)]);
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });
    for (let at = 0; at < 500; at++) await stream.offer(boxed("a", `box ${at}`, at));
    await stream.flush();
    expect(await writer.log.get(2)).toEqual(stored);
    expect(Buffer.from(await writer.blobs.get(blob.digest))).toEqual(Buffer.of(1, 2, 3));
    expect(stream.counts()).toEqual({ offered: 500, acknowledged: 500, dropped: 0 });
    await writer.close();

    const { log, tables } = openForTest({ path, mode: "existing" });
    expect((await log.session("a"))!.eventCount).toBe(502);
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("tells why its file cannot be opened", async () => {
    await expect(
      writerForTest({ path: temporaryPath("missing.log"), mode: "existing" }),
    ).rejects.toMatchObject({ code: "LOG_MISSING" });
  });

  it("commits what comes during a commit as one group, and fails only what is at fault", async () => {
    const { writer, jobs, hold, release } = await heldWriter();
    hold();
    const first = writer.log.append([boxed("a", "1")]);
    const bad = writer.log.append([imported("a", "bad", absentBlob)]);
    const late = writer.log.append([boxed("a", "2")], { expectedSeq: 99 });
    const good = writer.log.append([boxed("a", "3")]);
    release();

    expect(await first).toMatchObject([{ position: 2, seq: 1 }]);
    await expect(bad).rejects.toMatchObject({ code: "BLOB_MISSING" });
    await expect(late).rejects.toMatchObject({
      code: "SEQ_CONFLICT",
      context: { expected: 99, found: 2 },
    });
    expect(await good).toMatchObject([{ position: 3, seq: 2 }]);
    expect(jobs.map(({ requests }) => requests.length)).toEqual([1, 3]);
    expect(verifyLog(writer.tables).isSound).toBe(true);
  });

  it("stores events, blobs and stream events in the order in which they were handed over", async () => {
    const { writer, hold, release } = await heldWriter();
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });
    hold();
    const appends = [writer.log.append([boxed("a", "1")])];
    await stream.offer(boxed("a", "2"));
    appends.push(writer.log.append([boxed("a", "3")]));
    await stream.offer(boxed("a", "4"));
    release();
    await Promise.all([...appends, stream.flush()]);

    expect(await idsOf(writer)).toEqual(["a/started", "a/1", "a/2", "a/3", "a/4"]);
  });

  it("moves a blob's buffer to the thread where the caller gives it away", async () => {
    const writer = await writerForTest({ path: temporaryPath(), startThread: writeHere });
    const bytes = new Uint8Array(100_000).fill(7);
    const copy = bytes.slice();

    const { digest } = await writer.putTransferred(bytes, "image/x-rgb24");

    expect(bytes.length).toBe(0);
    expect(Buffer.from(await writer.blobs.get(digest)).equals(copy)).toBe(true);
  });

  it("rejects everything once the thread has died", async () => {
    const writer = await writerForTest({
      path: temporaryPath(),
      startThread: (setup) => {
        const thread = writeHere(setup);
        let jobs = 0;
        return {
          ...thread,
          run: (job, transfer) =>
            jobs++ === 0 || job.isLast
              ? thread.run(job, transfer)
              : Promise.reject(new Error("a worker thread ended with exit code 1")),
        };
      },
    });

    await expect(writer.log.append([started("a")])).rejects.toThrow("ended with exit code 1");
    await expect(writer.blobs.put(Uint8Array.of(1), "x")).rejects.toThrow("exit code 1");
  });
});

describe("a stream", () => {
  it("groups its events by count", async () => {
    const { writer, jobs } = await heldWriter({ maxAgeMs: 60_000, maxEvents: 10 });
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });

    for (let at = 0; at < 25; at++) await stream.offer(boxed("a", `${at}`));
    await stream.flush();

    const counts = jobs.map(({ requests }) =>
      requests.flatMap((request) =>
        request.kind === "stream" ? [...request.events.logTimesUs] : [],
      ),
    );
    // Those that come while a group is written join the next one, so only the first is exactly ten.
    expect(counts[0]).toHaveLength(10);
    expect(counts.flat()).toHaveLength(25);
  });

  it("hands one full group over while the thread is at work, and keeps the others back", async () => {
    const { writer, jobs, hold, release } = await heldWriter({ maxAgeMs: 60_000, maxEvents: 10 });
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });
    hold();
    for (let at = 0; at < 45; at++) await stream.offer(boxed("a", `${at}`));
    const countOf = ({ requests }: WriteJob) =>
      requests.flatMap((request) =>
        request.kind === "stream" ? [request.events.headerOf] : [],
      )[0]!.length;
    expect(jobs.map(countOf)).toEqual([10, 10]);

    release();
    await stream.flush();

    expect(jobs.map(countOf)).toEqual([10, 10, 25]);
    expect(await idsOf(writer)).toHaveLength(46);
    expect(verifyLog(writer.tables).isSound).toBe(true);
  });

  it("groups its events by age", async () => {
    const { writer, jobs } = await heldWriter({ maxAgeMs: 20 });
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });

    for (let at = 0; at < 5; at++) await stream.offer(boxed("a", `${at}`));
    expect(jobs).toHaveLength(0);
    while (stream.counts().acknowledged < 5) await sleep(5);

    expect(jobs).toHaveLength(1);
  });

  it("holds its caller back when it is full and blocks", async () => {
    const { writer, hold, release } = await heldWriter();
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block", maxWaiting: 3 });
    hold();
    for (let at = 0; at < 3; at++) await stream.offer(boxed("a", `${at}`));
    let isTaken = false;
    const fourth = stream.offer(boxed("a", "3")).then(() => (isTaken = true));
    await sleep(10);
    expect(isTaken).toBe(false);

    release();
    await fourth;
    await stream.flush();

    expect(await idsOf(writer)).toEqual(["a/started", "a/0", "a/1", "a/2", "a/3"]);
    expect(stream.counts()).toEqual({ offered: 4, acknowledged: 4, dropped: 0 });
  });

  it("leaves events out when it is full and drops, and records how many and when", async () => {
    const { writer, hold, release } = await heldWriter();
    const stream = writer.stream({ session: "a", name: "states", policy: "drop", maxWaiting: 3 });
    hold();
    const taken: boolean[] = [];
    for (let at = 0; at < 7; at++)
      taken.push(await stream.offer(boxed("a", `${at}`, at, { sourceTimeUs: 100 + at })));
    release();
    await stream.flush();

    expect(taken).toEqual([true, true, true, false, false, false, false]);
    expect(stream.counts()).toEqual({ offered: 7, acknowledged: 3, dropped: 4 });
    const [record] = await writer.log.read({ types: ["stream.dropped"] });
    expect(record).toMatchObject({
      id: "a/3/dropped",
      session: "a",
      payload: { stream: "states", count: 4, firstSourceTimeUs: 103, lastSourceTimeUs: 106 },
    });
    expect(verifyLog(writer.tables).isSound).toBe(true);
  });

  it("records what it left out when the log is closed before there was room again", async () => {
    const { writer, hold, release } = await heldWriter();
    const stream = writer.stream({ session: "a", name: "states", policy: "drop", maxWaiting: 1 });
    hold();
    await stream.offer(boxed("a", "1"));
    await stream.offer(boxed("a", "2"));
    const isClosed = writer.close();
    release();
    await isClosed;

    const { log } = openForTest({ path: writer.path, mode: "existing" });
    expect(await log.read({ types: ["stream.dropped"] })).toMatchObject([
      { payload: { count: 1 } },
    ]);
  });

  it("stores every event but those that the log refuses, and tells of them", async () => {
    const { writer } = await heldWriter();
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });
    await stream.offer(boxed("a", "1", 4));
    await stream.offer(boxed("a", "1", 5));
    await stream.offer(boxed("a", "2"));

    await expect(stream.flush()).rejects.toMatchObject({ code: "EVENT_CONFLICT" });
    await expect(stream.offer(boxed("a", "3"))).rejects.toMatchObject({ code: "EVENT_CONFLICT" });
    expect(await idsOf(writer)).toEqual(["a/started", "a/1", "a/2"]);
    expect(verifyLog(writer.tables).isSound).toBe(true);
  });

  it("refuses what fits no schema at once, and goes on", async () => {
    const { writer } = await heldWriter();
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });
    await stream.offer(boxed("a", "1"));
    const offer = stream.offer(boxed("a", "not a number", Number.NaN));
    await expect(offer).rejects.toMatchObject({ code: "EVENT_INVALID" });
    await stream.offer(boxed("a", "2"));

    await stream.flush();
    expect(await idsOf(writer)).toEqual(["a/started", "a/1", "a/2"]);
    expect(stream.counts()).toEqual({ offered: 2, acknowledged: 2, dropped: 0 });
  });

  it("refuses events of another session and of a closed one", async () => {
    const { writer } = await heldWriter();
    const stream = writer.stream({ session: "a", name: "boxes", policy: "block" });
    await expect(stream.offer(boxed("b", "1"))).rejects.toMatchObject({ code: "EVENT_INVALID" });
    await writer.log.append([closed("a")]);

    await stream.offer(boxed("a", "late"));
    await expect(stream.flush()).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  });
});
