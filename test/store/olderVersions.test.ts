import * as v from "valibot";
import { describe, expect, it, vi } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import { defineEvent, type EventDefinition } from "../../src/events/eventDefinition.ts";
import { started, testProducer } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

/** What the program under test takes `test.tableMeasured` for; swapped to play another release. */
const release = vi.hoisted(() => ({ definition: undefined as EventDefinition | undefined }));

vi.mock(import("../../src/events/registry.ts"), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    eventDefinition: (type: string) =>
      release.definition?.type === type ? release.definition : original.eventDefinition(type),
  };
});

const type = "test.tableMeasured";
const first = defineEvent({
  type,
  kind: "fact",
  schema: v.strictObject({ heightCm: v.number() }),
});
const third = defineEvent({
  type,
  kind: "fact",
  version: 3,
  schema: v.strictObject({ heightM: v.number(), surface: v.string() }),
  upcasts: [
    (payload) => ({ heightM: (payload as { heightCm: number }).heightCm / 100 }),
    (payload) => ({ ...(payload as object), surface: "unknown" }),
  ],
});

function measured(version: number, payload: unknown): NewEvent {
  return {
    id: "a/table",
    session: "a",
    type,
    version,
    kind: "fact",
    sourceTimeUs: 1,
    causes: [],
    producer: testProducer,
    seed: null,
    key: null,
    payload,
  };
}

/** A log that a program of the first version wrote. */
async function oldLog() {
  release.definition = first;
  const open = openForTest({ path: temporaryPath() });
  await open.log.append([started("a"), measured(1, { heightCm: 74 })]);
  return { ...open, head: await open.log.head() };
}

describe("promise 5: old event versions stay readable", () => {
  it("an event of an older version is upcast on read; what is stored stays as it was", async () => {
    const { log, tables, head } = await oldLog();
    release.definition = third;

    const event = await log.findById("a/table");

    expect(event).toMatchObject({ version: 3, payload: { heightM: 0.74, surface: "unknown" } });
    expect(tables.eventAt(2)!.version).toBe(1);
    expect(await log.head()).toBe(head);
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("the same event offered by the newer program is known again", async () => {
    const { log } = await oldLog();
    release.definition = third;
    const stored = (await log.findById("a/table"))!;

    const asNow = measured(3, { heightM: 0.74, surface: "unknown" });
    expect(await log.append([asNow])).toEqual([stored]);
    expect(await log.append([measured(1, { heightCm: 74 })])).toEqual([stored]);
    await expect(
      log.append([measured(3, { heightM: 0.75, surface: "unknown" })]),
    ).rejects.toMatchObject({ code: "EVENT_CONFLICT" });
  });

  it("an event offered in an older version is stored in today's", async () => {
    release.definition = third;
    const { log, tables } = openForTest({ path: temporaryPath() });

    const [, stored] = await log.append([started("a"), measured(1, { heightCm: 74 })]);

    expect(stored).toEqual(await log.get(2));
    expect(tables.eventAt(2)!.version).toBe(3);
  });
});

describe("a log with events of a newer dreamlog", () => {
  it("names a newer version when it is read, reads the others, and still verifies", async () => {
    release.definition = third;
    const { log, tables } = openForTest({ path: temporaryPath() });
    await log.append([started("a"), measured(3, { heightM: 1, surface: "oak" })]);
    release.definition = first;

    await expect(log.get(2)).rejects.toMatchObject({
      code: "EVENT_VERSION_UNKNOWN",
      context: { type, version: 3, known: 1 },
    });
    expect(await log.get(1)).toMatchObject({ id: "a/started" });
    expect(verifyLog(tables).isSound).toBe(true);
  });

  it("names a type it does not know when it is read, and still verifies", async () => {
    release.definition = first;
    const { log, tables } = openForTest({ path: temporaryPath() });
    await log.append([started("a"), measured(1, { heightCm: 74 })]);
    release.definition = undefined;

    await expect(log.read({})).rejects.toMatchObject({ code: "EVENT_TYPE_UNKNOWN" });
    expect(await log.read({ types: ["session.started"] })).toHaveLength(1);
    expect(verifyLog(tables).isSound).toBe(true);
  });
});
