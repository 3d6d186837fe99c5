import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { readPairs } from "../../../src/app/stages/preferencePairs.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import type { Digest } from "../../../src/core/digest.ts";
import { digestBytes } from "../../../src/core/digest.ts";
import type { NewEvent } from "../../../src/events/envelope.ts";
import { preferencesPaired } from "../../../src/events/learning.ts";
import { derivationReused } from "../../../src/events/session.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { boxed, started, testProducer } from "../../store/sampleEvents.ts";

const session = "seed-0/judge";

function paired(name: string, source: number): NewEvent {
  const key: Digest = digestBytes(name);
  return {
    id: `${session}#${name}/pairs`,
    session,
    type: preferencesPaired.type,
    version: 1,
    kind: "derived",
    sourceTimeUs: 0,
    causes: [],
    producer: testProducer,
    seed: null,
    key,
    payload: {
      task: "rope",
      positive: { arm: "left", source, target: 0 },
      negatives: [{ arm: "right", source, target: 0 }],
    },
  };
}

const names = fc.uniqueArray(fc.nat(99_999), { maxLength: 8 });

describe("what a planner learns from up to a position", () => {
  test.prop([names, names])(
    "is the same whatever the log holds after it",
    async (before, after) => {
      const { log } = createMemoryLog({ clock: new ManualClock(0) });
      await log.append([started(session)]);
      await log.append(before.map((name) => paired(String(name), name)));
      const upto = await log.lastPosition();
      const alone = await readPairs(log, session, upto);

      const later = after.filter((name) => !before.includes(name));
      await log.append([
        boxed(session, "between"),
        ...later.map((name) => paired(String(name), name)),
      ]);

      expect(await readPairs(log, session, upto)).toEqual(alone);
      expect(alone).toHaveLength(before.length);
      expect(await readPairs(log, session)).toHaveLength(before.length + later.length);
    },
  );

  test.prop([names])("is in order of the starts, whatever the order of the log", async (order) => {
    const { log } = createMemoryLog({ clock: new ManualClock(0) });
    await log.append([started(session)]);
    await log.append(order.map((name) => paired(String(name).padStart(5, "0"), name)));
    const sources = (await readPairs(log, session)).map(({ payload }) => payload.positive.source);
    expect(sources).toEqual(order.toSorted((a, b) => a - b));
  });

  it("holds the pairs that another session had computed, by the role they have in this one", async () => {
    const { log } = createMemoryLog({ clock: new ManualClock(0) });
    const [, other] = await log.append([started(session), paired("00002", 2)]);
    const branch = "seed-0+coin/judge";
    const own = { ...paired("00001", 1), id: `${branch}#00001/pairs`, session: branch };
    await log.append([
      started(branch),
      { ...own, key: digestBytes("own") },
      {
        ...boxed(branch, "reused", 0, { causes: [other!.position] }),
        type: derivationReused.type,
        payload: { role: "00000/pairs" },
      },
    ]);

    const sources = (await readPairs(log, branch)).map(({ payload }) => payload.positive.source);

    expect(sources).toEqual([2, 1]);
  });
});
