import { fc, test } from "@fast-check/vitest";
import { from, lastValueFrom, Subject, tap, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/clock.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import type { EventLog } from "../../src/ports/eventLog.ts";
import { createMemoryLog } from "../../store/openLog.ts";
import { recordBatchesInto, recordFrom, recordInto } from "../../streams/recordInto.ts";
import { boxed, started } from "../store/sampleEvents.ts";

const memoryLog = () => createMemoryLog({ clock: new ManualClock(1) }).log;

function session(count: number): NewEvent[] {
  return [started("a"), ...Array.from({ length: count - 1 }, (_, at) => boxed("a", `${at}`, at))];
}

/** The same log, whose appends take as long as the scheduler pleases. */
function withLateAppends(log: EventLog, scheduler: fc.Scheduler): EventLog {
  return {
    ...log,
    append: (events, options) =>
      scheduler.schedule(Promise.resolve(), "append").then(() => log.append(events, options)),
  };
}

describe("promise 1: recording into a log", () => {
  test.prop([fc.scheduler(), fc.integer({ min: 1, max: 12 })])(
    "lets an event pass only when the log holds it, in stream order",
    async (scheduler, count) => {
      const log = memoryLog();
      const events = session(count);
      const passed = lastValueFrom(
        from(events).pipe(
          recordInto(withLateAppends(log, scheduler)),
          tap(({ position }) => {
            void log.lastPosition().then((last) => expect(last).toBeGreaterThanOrEqual(position));
          }),
          toArray(),
        ),
      );
      await scheduler.waitIdle();

      expect((await passed).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(await log.read({})).toEqual(await passed);
    },
  );

  it("ends with the log's refusal, and lets nothing pass that was refused", async () => {
    const log = memoryLog();
    const passed: string[] = [];
    const recorded = lastValueFrom(
      from([started("a"), boxed("nowhere", "1"), boxed("a", "2")]).pipe(
        recordInto(log),
        tap(({ id }) => passed.push(id)),
      ),
    );

    await expect(recorded).rejects.toMatchObject({ code: "SESSION_UNKNOWN" });
    expect(passed).toEqual(["a/started"]);
    expect(await log.lastPosition()).toBe(1);
  });

  it("fails aloud when a source that pushes is faster than the log for too long", async () => {
    const log = memoryLog();
    const source$ = new Subject<NewEvent>();
    const recorded = lastValueFrom(source$.pipe(recordInto(log, { maxWaiting: 3 }), toArray()));

    for (const event of session(6)) source$.next(event);

    await expect(recorded).rejects.toMatchObject({
      code: "STREAM_OVERFLOW",
      context: { maxWaiting: 3 },
    });
  });

  it("takes bursts within its limit, again and again", async () => {
    const log = memoryLog();
    const source$ = new Subject<NewEvent>();
    const recorded = lastValueFrom(source$.pipe(recordInto(log, { maxWaiting: 3 }), toArray()));
    const events = session(40);

    for (let at = 0; at < events.length; at += 4) {
      for (const event of events.slice(at, at + 4)) source$.next(event);
      await expect.poll(() => log.lastPosition()).toBe(at + 4);
    }
    source$.complete();

    expect(await recorded).toHaveLength(40);
  });
});

describe("recording batches", () => {
  it("shares transactions and keeps the order", async () => {
    const log = memoryLog();
    const batches: number[] = [];
    const counted: EventLog = {
      ...log,
      append: (events, options) => {
        batches.push(events.length);
        return log.append(events, options);
      },
    };
    const events = session(25);

    const recorded = await lastValueFrom(
      from(events).pipe(recordBatchesInto(counted, { windowMs: 5, maxCount: 10 }), toArray()),
    );

    expect(batches).toEqual([10, 10, 5]);
    expect(recorded.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });
});

describe("recording from a source that can be pulled", () => {
  it("asks for the next event when the log holds the last", async () => {
    const log = memoryLog();
    const positionsWhenPulled: number[] = [];
    async function* source() {
      for (const event of session(20)) {
        positionsWhenPulled.push(await log.lastPosition());
        yield event;
      }
    }

    const recorded = await lastValueFrom(recordFrom(log, source()).pipe(toArray()));

    expect(recorded).toHaveLength(20);
    expect(positionsWhenPulled).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  it("ends with the failure of its source, after what it yielded", async () => {
    const log = memoryLog();
    function* source() {
      yield started("a");
      throw new Error("camera unplugged");
    }

    await expect(lastValueFrom(recordFrom(log, source()))).rejects.toThrow("camera unplugged");
    expect(await log.lastPosition()).toBe(1);
  });
});
