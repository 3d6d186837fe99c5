import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { checkpointTrained } from "../../src/events/learning.ts";
import { keypointsSampled } from "../../src/events/perception.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { derive, deriveBatch, record, type Derivation } from "../../streams/derive.ts";
import { boxed, started, testProducer } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

const points = (value: number) => ({ count: 1, points: Float32Array.of(value, value) });

/** A log with one session and an event to derive from. */
async function logWithCause(open: OpenLog = createMemoryLog({ clock: new ManualClock(1) })) {
  const [, cause] = await open.log.append([started("a"), boxed("a", "box"), started("b")]);
  return { ...open, cause: cause! };
}

function derivation(
  cause: StoredEvent,
  name: string,
  seed = "0",
  session = "a",
): Derivation<typeof keypointsSampled> {
  return {
    definition: keypointsSampled,
    id: `${session}/${name}`,
    session,
    causes: [cause],
    producer: testProducer,
    seed,
    sourceTimeUs: 3,
  };
}

describe("recording a fact", () => {
  it("answers the same fact as stored", async () => {
    const { log } = await logWithCause();
    const fact = { ...derivation((await log.get(2))!, "fact"), payload: points(1) };

    expect(await record(log, fact)).toEqual(await record(log, fact));
    expect(await log.lastPosition()).toBe(4);
  });
});

describe("deriving", () => {
  it("computes once; the second call computes nothing, in whatever session", async () => {
    const { log, cause } = await logWithCause();
    const first = await derive(log, derivation(cause, "points"), () => points(1));

    const again = await derive(log, derivation(cause, "points", "0", "b"), () => {
      throw new Error("computed again");
    });

    expect(first.isMemo).toBe(false);
    expect(again).toEqual({ event: first.event, isMemo: true });
    expect(await log.lastPosition()).toBe(4);
  });

  it("computes anew for another seed", async () => {
    const { log, cause } = await logWithCause();
    await derive(log, derivation(cause, "1", "seed 1"), () => points(1));

    const { isMemo } = await derive(log, derivation(cause, "2", "seed 2"), () => points(2));

    expect(isMemo).toBe(false);
  });

  it("computes a derivation once when several ask for it at the same time", async () => {
    const { log, cause } = await logWithCause();
    let computed = 0;
    const compute = async () => {
      computed += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
      return points(1);
    };

    const answers = await Promise.all(
      ["1", "2", "3"].map((name) => derive(log, derivation(cause, name), compute)),
    );

    expect(computed).toBe(1);
    expect(answers.map(({ isMemo }) => isMemo)).toEqual([false, true, true]);
    expect(new Set(answers.map(({ event }) => event.position))).toEqual(new Set([4]));
  });

  it("lets another call try when the one it waited for failed", async () => {
    const { log, cause } = await logWithCause();
    const failing = derive(log, derivation(cause, "1"), () => Promise.reject(new Error("no")));
    const waiting = derive(log, derivation(cause, "2"), () => points(1));

    await expect(failing).rejects.toThrow("no");
    expect((await waiting).event.id).toBe("a/2");
  });

  it("stores nothing when the computation fails, and can be asked again", async () => {
    const { log, cause } = await logWithCause();
    const asked = derivation(cause, "points");

    await expect(derive(log, asked, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await log.lastPosition()).toBe(3);
    expect((await derive(log, asked, () => points(1))).isMemo).toBe(false);
  });

  it("leaves a valid log when the process dies between a blob and its event", async () => {
    const path = temporaryPath();
    const before = await logWithCause(openForTest({ path }));
    const trained = (weights: Uint8Array, open: OpenLog, cause: StoredEvent, dies: boolean) =>
      derive(
        open.log,
        { ...derivation(cause, "trained"), definition: checkpointTrained },
        async () => {
          const blob = await open.blobs.put(weights, "application/octet-stream");
          if (dies) throw new Error("killed");
          return {
            role: "planner" as const,
            loss: "orpo",
            stepCount: 1,
            weights: blob,
            columns: ["loss"],
            curve: Float32Array.of(1),
            selected: { step: 0, measure: "loss", value: 1 },
            settings: "{}",
          };
        },
      );
    await expect(trained(Uint8Array.of(1, 2), before, before.cause, true)).rejects.toThrow();
    await before.close();

    const after = openForTest({ path, mode: "existing" });
    expect(verifyLog(after.tables)).toMatchObject({ isSound: true, events: 3, blobs: 1 });
    const cause = (await after.log.get(2))!;
    const { isMemo } = await trained(Uint8Array.of(1, 2), after, cause, false);

    expect(isMemo).toBe(false);
    expect(verifyLog(after.tables)).toMatchObject({ isSound: true, events: 4, blobs: 1 });
  });
});

describe("deriving many at once", () => {
  it("computes together what the log lacks, and appends in order", async () => {
    const { log, cause } = await logWithCause();
    await derive(log, derivation(cause, "1", "1"), () => points(1));
    const asked: (readonly number[])[] = [];

    const events = await deriveBatch(
      log,
      ["0", "1", "2", "0"].map((seed) => derivation(cause, seed, seed)),
      (missing) => {
        asked.push(missing);
        return Promise.resolve(missing.map(points));
      },
    );

    expect(asked).toEqual([[0, 2]]);
    expect(events.map(({ id }) => id)).toEqual(["a/0", "a/1", "a/2", "a/0"]);
    expect(events.map(({ position }) => position)).toEqual([5, 4, 6, 5]);
  });

  const seeds = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 6 });
  test.prop([fc.scheduler(), fc.array(seeds, { minLength: 1, maxLength: 5 })])(
    "computes each derivation once, however overlapping batches interleave",
    async (scheduler, batches) => {
      const { log, cause } = await logWithCause();
      const computed: string[] = [];
      const answers = batches.map((batch, at) =>
        scheduler.schedule(Promise.resolve(), "start").then(() =>
          deriveBatch(
            log,
            batch.map((seed, index) => derivation(cause, `${at}/${index}`, seed)),
            async (missing) => {
              await scheduler.schedule(Promise.resolve(), "compute");
              computed.push(...missing.map((index) => batch[index]!));
              return missing.map((index) => points(batch[index]!.charCodeAt(0)));
            },
          ),
        ),
      );
      await scheduler.waitIdle();

      for (const [at, events] of (await Promise.all(answers)).entries()) {
        expect(events.map(({ seed }) => seed)).toEqual(batches[at]);
      }
      expect(computed.sort()).toEqual([...new Set(batches.flat())].sort());
    },
  );
});
