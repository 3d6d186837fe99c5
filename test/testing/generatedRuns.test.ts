import { fc, test } from "@fast-check/vitest";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { cropWindow, topCamera } from "../../src/core/cell.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { parsePayload } from "../../src/events/eventDefinition.ts";
import { eventDefinitions } from "../../src/events/registry.ts";
import {
  arbitraryEventOf,
  arbitraryKeypoints,
  arbitraryRun,
  arbitrarySession,
  arbitraryStart,
  assertForRuns,
  createMemoryLog,
  recordRun,
  saveRun,
} from "../../src/testing/index.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

describe("generated payloads", () => {
  it.each(eventDefinitions.map((definition) => [definition.type, definition] as const))(
    "of %s are what its schema takes",
    (_type, definition) => {
      for (const { payload } of fc.sample(arbitraryEventOf(definition), { numRuns: 5, seed: 1 })) {
        expect(parsePayload(definition, payload)).toEqual(payload);
      }
    },
  );
});

describe("generated runs", () => {
  test.prop([arbitraryRun()], { numRuns: 30 })(
    "are sound logs, and equal runs equal ones",
    async (run) => {
      const logs = [0, 1].map(() => createMemoryLog({ clock: new ManualClock(0) }));
      for (const open of logs) await recordRun(open, run);
      expect(verifyLog(logs[0]!.tables).problems).toEqual([]);
      expect(await logs[0]!.log.head()).toBe(await logs[1]!.log.head());
      expect(await logs[0]!.log.sessions()).toHaveLength(run.length);
    },
  );

  it("have branches and derivations among them", async () => {
    const open = createMemoryLog({ clock: new ManualClock(0) });
    const runs = fc.sample(arbitraryRun(), { numRuns: 30, seed: 1 });
    expect(runs.some((run) => run.slice(1).some(({ parent }) => parent !== null))).toBe(true);
    const [busy] = runs.toSorted((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
    const events = await recordRun(open, busy!);
    expect(events.some(({ kind, causes }) => kind === "derived" && causes.length > 0)).toBe(true);
  });

  test.prop([arbitrarySession()], { numRuns: 10 })("of one session are a root", async (session) => {
    const open = createMemoryLog({ clock: new ManualClock(0) });
    await recordRun(open, [session]);
    expect(await open.log.session("generated/0")).toMatchObject({ parent: null });
  });

  it("are saved as files that open as logs", async () => {
    const path = temporaryPath();
    const [run] = fc.sample(arbitraryRun(), { numRuns: 1, seed: 3 });
    await saveRun(run!, path);
    const open = openForTest({ path, mode: "readonly" });
    expect(await open.log.sessions()).toHaveLength(run!.length);
  });
});

describe("a property of every log that fails", () => {
  it("is shrunk to the smallest run that does, which is saved as a log", async () => {
    const path = temporaryPath();
    const noScores = assertForRuns(
      (_open, events) => {
        expect(events.map(({ type }) => type)).not.toContain("evaluation.outcomeScored");
      },
      { saveTo: path, parameters: { seed: 6, numRuns: 300 } },
    );
    await expect(noScores).rejects.toThrow(/smallest run that fails is saved: dreamlog log ls/);

    const open = openForTest({ path, mode: "readonly" });
    const types = (await open.log.read({})).map(({ type }) => type);
    expect(types).toEqual(["session.started", "evaluation.outcomeScored"]);
  });

  it("leaves no file when it holds", async () => {
    const path = temporaryPath();
    await assertForRuns(({ tables }) => expect(verifyLog(tables).isSound).toBe(true), {
      saveTo: path,
      parameters: { numRuns: 20 },
    });
    expect(existsSync(path)).toBe(false);
  });
});

describe("generated scenes", () => {
  test.prop([arbitraryKeypoints({ count: 5 })])(
    "have distinct keypoints in the workspace",
    (points) => {
      const { x, y, width, height } = cropWindow(topCamera);
      const pixels = Array.from({ length: 5 }, (_, at) => [points[2 * at]!, points[2 * at + 1]!]);
      expect(new Set(pixels.map(String)).size).toBe(5);
      for (const [px, py] of pixels) {
        expect(px! >= x && px! < x + width && py! >= y && py! < y + height).toBe(true);
      }
    },
  );

  test.prop([arbitraryStart()])("are no start of training or evaluation", ({ task, seed }) => {
    expect(seed.startsWith(`test/${task}/`)).toBe(true);
  });
});
