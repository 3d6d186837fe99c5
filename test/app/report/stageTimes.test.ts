import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addStageTime, clearStageTimes, readStageTimes } from "../../../src/app/report/stageTimes.ts"; // prettier-ignore

const run = { preset: "demo", seed: "1" };
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dreamlog-times-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the times of a run's stages", () => {
  it("add up over the calls that worked on a stage", async () => {
    await addStageTime(folder, run, { stage: "collect", seconds: 2 });
    await addStageTime(folder, run, { stage: "dream", seconds: 3 });
    await addStageTime(folder, run, { stage: "collect", seconds: 0.5 });
    expect(await readStageTimes(folder, run)).toEqual([
      { stage: "collect", seconds: 2.5 },
      { stage: "dream", seconds: 3 },
    ]);
  });

  it("are not those of another run in the same folder, nor of one before", async () => {
    await addStageTime(folder, run, { stage: "collect", seconds: 2 });
    expect(await readStageTimes(folder, { ...run, seed: "2" })).toEqual([]);
    await clearStageTimes(folder, run);
    expect(await readStageTimes(folder, run)).toEqual([]);
  });

  it("are none where they cannot be read or written", async () => {
    writeFileSync(join(folder, "stage-times.json"), "{");
    expect(await readStageTimes(folder, run)).toEqual([]);
    const nowhere = join(folder, "nowhere");
    await addStageTime(nowhere, run, { stage: "collect", seconds: 2 });
    expect(await readStageTimes(nowhere, run)).toEqual([]);
  });
});
