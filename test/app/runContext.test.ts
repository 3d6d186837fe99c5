import { describe, expect, it } from "vitest";
import { silentProgress } from "../../src/app/progress.ts";
import {
  requireRunning,
  sessionName,
  startsOf,
  type RunContext,
} from "../../src/app/runContext.ts";
import { settingsOf } from "../../src/app/settings.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { createMemoryLog } from "../../store/openLog.ts";

function contextWith(signal: AbortSignal): RunContext {
  return {
    settings: settingsOf("demo", "1"),
    open: createMemoryLog({ clock: new ManualClock() }),
    outDir: "out",
    progress: silentProgress,
    signal,
    jobs: 1,
  };
}

describe("a stage that works on one thread", () => {
  it("hears that it should stop, however little it waits for", async () => {
    const controller = new AbortController();
    const context = contextWith(controller.signal);
    setTimeout(() => controller.abort(), 5);

    const workForEver = async () => {
      for (;;) await requireRunning(context, "judge");
    };

    await expect(workForEver()).rejects.toMatchObject({
      code: "INTERRUPTED",
      context: { stage: "judge" },
    });
  });
});

describe("the sessions of a run", () => {
  it("begin with its seed and sort in order of their numbers", () => {
    const names = [2, 10].map((at) => sessionName(settingsOf("demo", "7"), "collect", "rope", at));
    expect(names).toEqual(["seed-7/collect/rope/00002", "seed-7/collect/rope/00010"]);
  });

  it("are one for each start of each task", () => {
    expect(startsOf({ rope: 2, cloth: 0, toy: 1 })).toEqual([
      { task: "rope", index: 0 },
      { task: "rope", index: 1 },
      { task: "toy", index: 0 },
    ]);
  });
});
