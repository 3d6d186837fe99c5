import { expect, it, vi } from "vitest";
import {
  assertForRuns,
  createMatcherPlanner,
  createRandomPlanner,
  createScoringCell,
  createSystemClock,
  dreamlogMatchers,
  openLog,
} from "dreamlog/testing";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

expect.extend(dreamlogMatchers);
// Trials are simulated, and a session is recomputed whole.
vi.setConfig({ testTimeout: 60_000 });
const folder = mkdtempSync(join(tmpdir(), "dreamlog-example-"));

it("the planner's sessions can be recomputed from their log", async () => {
  const path = join(folder, "trial.sqlite");
  const open = openLog({ path, clock: createSystemClock() });
  const cell = await createScoringCell();
  await cell.record(open, "trial", createMatcherPlanner(), { task: "rope", seed: "test/rope/1" });
  await Promise.all([cell.close(), open.close()]);
  await expect(path).toReplayExactly();
});

it("the planner is no worse than chance", async () => {
  const trials = { tasks: ["rope"], trials: 12, margin: 0.3 } as const;
  await expect(createMatcherPlanner()).toScoreNoWorseThan(createRandomPlanner(), trials);
});

it("every log names only causes that came before", () =>
  assertForRuns(
    (_open, events) => {
      for (const { causes, position } of events) for (const cause of causes) expect(cause).toBeLessThan(position); // prettier-ignore
    },
    { saveTo: join(folder, "smallest.sqlite") },
  ));
