import { expect, it } from "vitest";
import { silentProgress } from "../../../src/app/progress.ts";
import type { RunContext } from "../../../src/app/runContext.ts";
import { settingsOf, type RunSettings } from "../../../src/app/settings.ts";
import { importCheckpoints } from "../../../src/app/stages/importCheckpoints.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";

function contextOf(open: OpenLog, settings: RunSettings): RunContext {
  const { signal } = new AbortController();
  return { settings, open, outDir: "out", progress: silentProgress, signal, jobs: 1 };
}

it("imports the committed checkpoints once, however often it is asked", async () => {
  const open = createMemoryLog({ clock: new ManualClock() });
  const context = contextOf(open, settingsOf("demo", "1"));

  const first = await importCheckpoints(context);
  const head = await open.log.head();

  expect(await importCheckpoints(context)).toEqual(first);
  expect(await open.log.head()).toBe(head);
});

it("lets one run be evaluated on several ranges of starts", async () => {
  const open = createMemoryLog({ clock: new ManualClock() });
  const settings = settingsOf("demo", "1");
  await importCheckpoints(contextOf(open, settings));

  const evaluation = { ...settings.evaluation, firstSeed: 500 };

  await expect(
    importCheckpoints(contextOf(open, { ...settings, evaluation })),
  ).resolves.toBeDefined();
});

it("refuses to go on with a run under another preset, and says what to do", async () => {
  const open = createMemoryLog({ clock: new ManualClock() });
  await importCheckpoints(contextOf(open, settingsOf("demo", "1")));

  await expect(importCheckpoints(contextOf(open, settingsOf("full", "1")))).rejects.toMatchObject({
    code: "EVENT_CONFLICT",
    message: expect.stringContaining("name another --log or --seed") as string,
  });
  await expect(importCheckpoints(contextOf(open, settingsOf("full", "2")))).resolves.toBeDefined();
});
