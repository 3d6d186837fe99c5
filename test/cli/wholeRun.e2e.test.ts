import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { createSystemClock } from "../../src/core/clock.ts";
import type { ReportSummary } from "../../src/app/report/reportData.ts";
import { openLog } from "../../store/openLog.ts";
import { spawnDreamlog } from "./spawnDreamlog.ts";

const runTimeoutMs = 300_000;

let folder = "";
/** What a run that nobody disturbed printed and reported. */
let stdout = "";
let figures: Partial<ReportSummary> = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dreamlog-run-"));
  const ended = await spawnDreamlog(...argvOf("whole", "--jobs", "2", "--json")).ended;
  expect(ended.stderr).toMatch(/collect[^\n]+4 trajectories/);
  expect(ended.code, ended.stderr).toBe(0);
  stdout = ended.stdout;
  figures = figuresOf(pathsOf("whole").json);
}, runTimeoutMs);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function pathsOf(name: string) {
  const out = join(folder, name);
  return { out, log: join(out, "session.sqlite"), json: join(out, "report.json") };
}

function argvOf(name: string, ...more: string[]): string[] {
  return ["run", "--seed", "1", "--out", pathsOf(name).out, ...more];
}

/** Closed sessions of the log whose names begin so; 0 while there is no log. */
async function closedSessions(log: string, prefix: string): Promise<number> {
  if (!existsSync(log)) return 0;
  const open = openLog({ path: log, clock: createSystemClock() });
  try {
    return (await open.log.sessions(prefix)).filter(({ isClosed }) => isClosed).length;
  } finally {
    await open.close();
  }
}

async function waitForSessions(log: string, prefix: string): Promise<void> {
  while ((await closedSessions(log, prefix)) === 0) await pause(50);
}

async function isSound(log: string): Promise<boolean> {
  const open = openLog({ path: log, clock: createSystemClock(), mode: "existing" });
  try {
    return verifyLog(open.tables).isSound;
  } finally {
    await open.close();
  }
}

/** Everything in a report but what a clock measured. */
function figuresOf(json: string): Partial<ReportSummary> {
  const summary = JSON.parse(readFileSync(json, "utf8")) as ReportSummary;
  const { wallSeconds: _wall, stages: _stages, decisions, ...figures } = summary;
  return {
    ...figures,
    decisions: decisions.map((decision) => ({ ...decision, secondsMedian: 0 })),
  };
}

describe("the whole loop on tiny settings", () => {
  it("prints its figures as JSON and writes the same into report.json", () => {
    const { files, ...summary } = JSON.parse(stdout) as ReportSummary & { files: object };
    expect(summary).toEqual(JSON.parse(readFileSync(pathsOf("whole").json, "utf8")));
    expect(files).toEqual({
      reportHtml: join(pathsOf("whole").out, "report.html"),
      reportJson: pathsOf("whole").json,
      log: pathsOf("whole").log,
    });
  });

  it("reports every method on every task and on average", () => {
    const { scores } = JSON.parse(stdout) as ReportSummary;
    const rows = scores.map(({ method, task }) => `${method} ${task}`);
    for (const method of [
      "random",
      "matcher",
      "zeroShot",
      "verificationN4",
      "verificationN8",
      "dreamplanEq5",
      "orpo",
    ]) {
      for (const task of ["rope", "cloth", "toy", "average"]) {
        expect(rows).toContain(`${method} ${task}`);
      }
    }
    for (const { mean, low, high } of scores) {
      expect(low).toBeLessThanOrEqual(mean);
      expect(mean).toBeLessThanOrEqual(high);
    }
  });

  it("has the stable keys of report.json, and nothing that is no number where one belongs", () => {
    const summary = JSON.parse(stdout) as ReportSummary;
    expect(Object.keys(summary).slice(0, 9)).toEqual([
      "preset",
      "seed",
      "head",
      "wallSeconds",
      "scores",
      "psnr",
      "judge",
      "decisions",
      "counts",
    ]);
    expect(summary).toMatchObject({ preset: "demo", seed: "1" });
    expect(summary.head).toMatch(/^[0-9a-f]{64}$/);
    expect(summary.psnr.objectOnly).toBeGreaterThan(0);
    expect(summary.counts.events).toBeGreaterThan(0);
    for (const { secondsMedian, gflop } of summary.decisions) {
      expect(secondsMedian).toBeGreaterThan(0);
      expect(gflop).toBeGreaterThanOrEqual(0);
    }
  });

  it("leaves a sound log", async () => {
    expect(await isSound(pathsOf("whole").log)).toBe(true);
  });

  it("shows a strip of pictures for every task in a page of its own", () => {
    const page = readFileSync(join(pathsOf("whole").out, "report.html"), "utf8");
    for (const title of ["Rope", "Cloth", "Soft toy"]) {
      expect(page).toContain(`${title}, evaluation start 0`);
    }
    expect(page).not.toMatch(/https?:\/\//);
  });

  it(
    "computes nothing again when it is run again",
    async () => {
      const ended = await spawnDreamlog(...argvOf("whole", "--jobs", "1")).ended;
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stderr).toMatch(/collect.+4 were in the\s+log/s);
      expect(ended.stdout).toContain(pathsOf("whole").json);
      expect(figuresOf(pathsOf("whole").json)).toEqual(figures);
    },
    runTimeoutMs,
  );

  it(
    "evaluates other starts into the same log beside the first ones",
    async () => {
      const { out, log } = pathsOf("whole");
      const common = ["--seed", "1", "--out", out, "--seeds", "500..500", "--jobs", "1", "--json"];
      const evaluated = await spawnDreamlog("evaluate", ...common).ended;
      expect(evaluated.code).toBe(0);
      expect(JSON.parse(evaluated.stdout)).toMatchObject({ stage: "evaluate", seed: "1", log });
      const reported = await spawnDreamlog("report", ...common).ended;
      expect(reported.code).toBe(0);
      expect(await closedSessions(log, "seed-1/evaluate/summary/")).toBe(2);
      expect(await isSound(log)).toBe(true);
    },
    runTimeoutMs,
  );
});

describe("a run that is stopped again and again", () => {
  it(
    "ends with the head and the figures of one that never was, on another number of threads",
    async () => {
      const { log, json } = pathsOf("stopped");

      const politely = spawnDreamlog(...argvOf("stopped", "--jobs", "1"));
      await waitForSessions(log, "seed-1/collect/");
      politely.kill("SIGINT");
      const { code, stderr } = await politely.ended;
      expect(code).toBe(130);
      expect(stderr).toContain("INTERRUPTED");
      expect(stderr).toContain("go on with: npx dreamlog run --seed 1");
      expect(await isSound(log)).toBe(true);

      const atOnce = spawnDreamlog(...argvOf("stopped", "--jobs", "1"));
      await waitForSessions(log, "seed-1/dream/");
      atOnce.kill("SIGKILL");
      expect((await atOnce.ended).signal).toBe("SIGKILL");
      expect(await isSound(log)).toBe(true);

      const evaluating = spawnDreamlog(...argvOf("stopped", "--jobs", "1"));
      await waitForSessions(log, "seed-1/evaluate/");
      evaluating.kill("SIGKILL");
      await evaluating.ended;
      expect(await isSound(log)).toBe(true);

      expect((await spawnDreamlog(...argvOf("stopped", "--jobs", "1")).ended).code).toBe(0);
      expect(figuresOf(json)).toEqual(figures);
    },
    2 * runTimeoutMs,
  );
});
