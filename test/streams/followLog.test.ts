import { fc, test } from "@fast-check/vitest";
import { firstValueFrom, lastValueFrom, take, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/clock.ts";
import type { EventLog } from "../../src/ports/eventLog.ts";
import { createMemoryLog } from "../../store/openLog.ts";
import { followLog, followPageSize, processLog } from "../../streams/followLog.ts";
import { startAppendingProcess } from "../store/runAppendingProcess.ts";
import { boxed, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

const memoryLog = () => createMemoryLog({ clock: new ManualClock(1) }).log;
const countTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

/** The same log, whose reads answer when the scheduler says so: from the past, by then. */
function withLateReads(log: EventLog, scheduler: fc.Scheduler): EventLog {
  return { ...log, read: (query) => scheduler.schedule(log.read(query), "read") };
}

describe("following a log", () => {
  it("gives what is there and then what comes, in order and each once", async () => {
    const log = memoryLog();
    await log.append([started("a"), boxed("a", "1")]);

    const followed = lastValueFrom(followLog(log).pipe(take(5), toArray()));
    await log.append([boxed("a", "2")]);
    await log.append([boxed("a", "3"), started("b")]);

    expect((await followed).map(({ position }) => position)).toEqual([1, 2, 3, 4, 5]);
  });

  it("goes on after the position it is given, with the types it is asked for", async () => {
    const log = memoryLog();
    await log.append([started("a"), boxed("a", "1"), boxed("a", "2"), started("b")]);
    const query = { afterPosition: 2, types: ["label.objectBoxed"] };

    expect((await firstValueFrom(followLog(log, query))).position).toBe(3);
  });

  it("follows one session with the prefix it shares", async () => {
    const log = memoryLog();
    await log.append([started("root"), boxed("root", "1"), boxed("root", "2")]);
    await log.append([started("branch", { session: "root", event: "root/1" })]);
    await log.append([boxed("root", "3")]);

    const followed = lastValueFrom(followLog(log, { session: "branch" }).pipe(take(4), toArray()));
    await log.append([boxed("branch", "own")]);

    expect((await followed).map(({ position }) => position)).toEqual([1, 2, 4, 6]);
  });

  it("ends with the log's error", async () => {
    const followed = firstValueFrom(followLog(memoryLog(), { session: "nowhere" }));

    await expect(followed).rejects.toMatchObject({ code: "SESSION_UNKNOWN" });
  });

  it("says nothing after it was unsubscribed", async () => {
    const log = memoryLog();
    const seen: number[] = [];
    await log.append([started("a")]);
    const subscription = followLog(log).subscribe(({ position }) => {
      seen.push(position);
      subscription.unsubscribe();
    });
    await log.append([boxed("a", "1"), boxed("a", "2")]);

    expect(seen).toEqual([1]);
  });

  test.prop(
    [
      fc.scheduler(),
      fc.array(fc.integer({ min: 1, max: followPageSize }), { minLength: 1, maxLength: 6 }),
      fc.nat(3),
    ],
    { numRuns: 40 },
  )(
    "has no gap and no double, however reads and appends interleave",
    async (scheduler, batches, appendedBefore) => {
      const log = memoryLog();
      await log.append([started("a")]);
      const seen: number[] = [];
      const append = async (batch: number) => {
        const count = batches[batch]!;
        const events = countTo(count).map((at) => boxed("a", `${batch}/${at}`));
        await log.append(events);
      };
      const early = Math.min(appendedBefore, batches.length);
      for (let batch = 0; batch < early; batch++) await append(batch);

      const subscription = followLog(withLateReads(log, scheduler)).subscribe(({ position }) =>
        seen.push(position),
      );
      for (let batch = early; batch < batches.length; batch++) {
        void scheduler.schedule(Promise.resolve(), "append").then(() => append(batch));
      }
      await scheduler.waitIdle();
      subscription.unsubscribe();

      expect(seen).toEqual(countTo(await log.lastPosition()));
    },
  );

  it("sees what other connections append, at once and on its own", async () => {
    const path = temporaryPath();
    const reader = openForTest({ path });
    const writers = [openForTest({ path }), openForTest({ path })];
    const total = 2 * 61;

    const followed = lastValueFrom(followLog(reader.log).pipe(take(total), toArray()));
    await Promise.all(
      writers.map(async ({ log }, writer) => {
        await log.append([started(`${writer}`)]);
        for (let at = 0; at < 60; at++) {
          await log.append([boxed(`${writer}`, `${at}`)]);
          if (at % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      }),
    );

    expect((await followed).map(({ position }) => position)).toEqual(countTo(total));
  });

  it("sees what another process appends while it appends itself", async () => {
    const path = temporaryPath();
    const { log } = openForTest({ path });
    const seen: number[] = [];
    const subscription = followLog(log).subscribe(({ position }) => seen.push(position));
    const other = startAppendingProcess(path, "other", 25);
    await other.ready;

    await log.append([started("own")]);
    for (let at = 0; at < 25; at++) {
      await log.append([boxed("own", `${at}`)]);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await other.ended;
    const last = await log.lastPosition();
    await firstValueFrom(followLog(log, { afterPosition: last - 1 }));
    await expect.poll(() => seen.length).toBe(last);
    subscription.unsubscribe();

    expect(seen).toEqual(countTo(last));
    expect(last).toBe(26 + other.acknowledged());
  });
});

describe("processing a log", () => {
  it("hands over the next event when the work on the last is done, and reads no page ahead", async () => {
    const log = memoryLog();
    const count = 2 * followPageSize + 3;
    await log.append([started("a"), ...countTo(count - 1).map((at) => boxed("a", `${at}`))]);
    let reads = 0;
    const counted: EventLog = {
      ...log,
      read: (query) => {
        reads += 1;
        return log.read(query);
      },
    };
    let atWork = 0;
    const work = async (position: number) => {
      atWork += 1;
      expect(atWork).toBe(1);
      expect(reads).toBe(Math.ceil(position / followPageSize));
      await Promise.resolve();
      atWork -= 1;
      return position;
    };

    const results = await lastValueFrom(
      processLog(counted, {}, ({ position }) => work(position)).pipe(take(count), toArray()),
    );

    expect(results).toEqual(countTo(count));
  });

  it("ends with the failure of the work", async () => {
    const log = memoryLog();
    await log.append([started("a")]);

    const processed = firstValueFrom(processLog(log, {}, () => Promise.reject(new Error("no"))));

    await expect(processed).rejects.toThrow("no");
  });
});
