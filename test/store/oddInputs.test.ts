import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import { jointStatesMeasured } from "../../src/events/environment.ts";
import { boxed, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath, writerForTest } from "./temporaryLog.ts";
import { writeHere } from "./writeHere.ts";

const logs = {
  "a log": () => Promise.resolve(openForTest({ path: temporaryPath() })),
  "a log with a writer": () => writerForTest({ path: temporaryPath(), startThread: writeHere }),
};

/** A payload with any numbers in a typed array, which no schema narrows. */
function measured(name: string, states: Float32Array): NewEvent {
  const payload = { rateHz: 1000, stepCount: 1, states };
  return { ...boxed("a", name), type: jointStatesMeasured.type, payload };
}

describe.each(Object.entries(logs))("odd inputs to %s", (_name, create) => {
  it("source times that go backwards or stand still are kept, in the order of the log", async () => {
    const { log, tables } = await create();
    const timesUs = [100, 50, 50, -7, 0, Number.MAX_SAFE_INTEGER];
    await log.append([started("a")]);
    for (const [at, sourceTimeUs] of timesUs.entries())
      await log.append([boxed("a", `${at}`, at, { sourceTimeUs })]);

    const events = await log.read({ session: "a", afterPosition: 1 });
    expect(events.map(({ sourceTimeUs }) => sourceTimeUs)).toEqual(timesUs);
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("numbers that are none are refused where a schema wants finite ones; −0 is stored as 0", async () => {
    const { log } = await create();
    await log.append([started("a")]);
    for (const [at, x] of [Number.NaN, Infinity, -Infinity].entries()) {
      await expect(log.append([boxed("a", `${at}`, x)])).rejects.toMatchObject({
        code: "EVENT_INVALID",
      });
    }
    const [zero, large] = await log.append([
      boxed("a", "zero", -0),
      boxed("a", "large", 2 ** 53 + 2),
    ]);

    expect(zero!.payload).toEqual({ box: { x: 0, y: 0, width: 1, height: 2 } });
    expect(await log.get(zero!.position)).toEqual(zero);
    expect((await log.get(large!.position))!.payload).toMatchObject({ box: { x: 2 ** 53 + 2 } });
  });

  it("typed arrays come back bit for bit, whatever numbers they hold", async () => {
    const { log, tables } = await create();
    const states = Float32Array.of(Number.NaN, -0, Infinity, -Infinity, 2 ** 53, 1e-45);
    await log.append([started("a"), measured("states", states)]);

    const { payload } = (await log.findById("a/states"))!;
    expect((payload as { states: Float32Array }).states).toEqual(states);
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("a source time beyond whole microseconds is refused", async () => {
    const { log } = await create();
    await log.append([started("a")]);

    for (const sourceTimeUs of [2 ** 53, 0.5, Number.NaN]) {
      await expect(log.append([boxed("a", "x", 0, { sourceTimeUs })])).rejects.toMatchObject({
        code: "EVENT_INVALID",
        context: { field: "sourceTimeUs" },
      });
    }
  });
});

it("log times follow the clock, backwards too, and decide nothing", async () => {
  const clock = new ManualClock(1000);
  const { log, tables } = openForTest({ path: temporaryPath(), clock });
  await log.append([started("a")]);
  clock.advanceUs(-500);
  await log.append([boxed("a", "after the clock was set back")]);

  expect((await log.read({})).map(({ logTimeUs }) => logTimeUs)).toEqual([1000, 500]);
  expect(verifyLog(tables).isSound).toBe(true);
});

it("a payload of 100 MB is one event like any other", async () => {
  const { log } = openForTest({ path: temporaryPath() });
  const states = new Float32Array(25_000_000).fill(1.5);
  const [, stored] = await log.append([started("a"), measured("large", states)]);

  const { contentDigest, payload } = (await log.get(2))!;
  expect(contentDigest).toBe(stored!.contentDigest);
  expect((payload as { states: Float32Array }).states.at(-1)).toBe(1.5);
});
