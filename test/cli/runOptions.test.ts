import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { settingsOf } from "../../src/app/settings.ts";
import { resolvePaths, resolveSettings } from "../../src/cli/runOptions.ts";

const options = { preset: "demo", seed: "3", jobs: 2 };

describe("where a run's files go", () => {
  it("is a folder named after preset and seed", () => {
    const outDir = join("runs", "demo-3");
    expect(resolvePaths(options)).toEqual({ outDir, logPath: join(outDir, "session.sqlite") });
  });

  it("is the folder that was named, the log in it", () => {
    expect(resolvePaths({ ...options, out: "here" }).logPath).toBe(join("here", "session.sqlite"));
  });

  it("is where the log was named, the report in its own folder", () => {
    expect(resolvePaths({ ...options, log: "a.sqlite", out: "here" })).toEqual({
      outDir: "here",
      logPath: "a.sqlite",
    });
  });
});

describe("settings of a run", () => {
  it("are the preset's", () => {
    expect(resolveSettings(options, settingsOf)).toEqual(settingsOf("demo", "3"));
  });

  it("evaluate the starts that --seeds names, both ends included", () => {
    const { evaluation } = resolveSettings(
      { ...options, seeds: { first: 100, last: 102 } },
      settingsOf,
    );
    expect(evaluation).toMatchObject({ firstSeed: 100, trialsPerTask: 3 });
    expect(evaluation.oracleTrialsPerTask).toBeLessThanOrEqual(3);
    expect(evaluation.auditedStartsPerTask).toBeLessThanOrEqual(3);
  });
});
