import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exactProducer } from "../../src/app/producers.ts";
import type { Regression } from "../../src/app/regress/regress.ts";
import { closeSession, recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import { runCli } from "../../src/cli/runCli.ts";
import { createSystemClock } from "../../src/core/clock.ts";
import { outcomeScored } from "../../src/events/evaluation.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import { tinyFolder } from "../perception/sam2/tinyModels.ts";
import { captureOutput } from "./captureOutput.ts";

const checkpoint = fileURLToPath(
  new URL("../../fixtures/models/planner-zero-shot.onnx", import.meta.url),
);
/** Rope evaluation starts; the zero-shot planner fails on all but the second. */
const starts = [0, 1, 2, 3];
const producer = exactProducer("test.scores", 1);

let folder = "";
let log = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dreamlog-regress-"));
  log = join(folder, "golden.sqlite");
  const open = openLog({ path: log, clock: createSystemClock() });
  for (const start of starts) {
    await recordScore(open, `solved/${start}`, start, 1);
    await recordScore(open, `failed/${start}`, start, 0);
  }
  await open.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A session that says what some planner scored on a start. */
async function recordScore(open: OpenLog, session: string, start: number, score: 0 | 1) {
  const recorder = recorderFor({ open }, session);
  const seed = `evaluate/rope/${start}`;
  await startSession(recorder, { purpose: "evaluate", task: "rope", seed, settings: {} });
  const step = { producer, causes: [], seed: session };
  await recorder.derived("final/score", outcomeScored, step, () => ({ score, errorM: 0.1 }));
  await closeSession(recorder, "completed");
}

async function regress(...argv: string[]) {
  const words = ["regress", checkpoint, "--against", log, "--json", ...argv];
  const { result, stdout } = await captureOutput(() => runCli(words));
  process.exitCode = undefined;
  return { code: result, regression: JSON.parse(stdout) as Regression };
}

describe("dreamlog regress", () => {
  it("calls the zero-shot planner worse than one that solved every start", async () => {
    const { code, regression } = await regress("--sessions", "solved/");
    expect(regression).toMatchObject({ verdict: "worse", trials: starts.length, furtherTrials: 0 });
    expect(regression.difference.high).toBeLessThan(0);
    expect(regression.details.map(({ session }) => session)).toEqual(
      starts.map((start) => `solved/${start}`),
    );
    expect(code).toBe(1);
  });

  it("calls it no worse than one that solved none, where the margin is wide", async () => {
    const { code, regression } = await regress("--sessions", "failed/", "--margin", "1");
    expect(regression).toMatchObject({ verdict: "no worse", furtherTrials: 0 });
    expect(code).toBe(0);
  });

  it("says that one start is too few, and about how many more it takes", async () => {
    const { code, regression } = await regress("--sessions", "failed/", "--trials", "1");
    expect(regression).toMatchObject({ verdict: "too few trials", trials: 1 });
    expect(regression.furtherTrials).toBeGreaterThan(0);
    expect(code).toBe(1);
  });

  it("lets another segmenter see the starts", async () => {
    process.env["DREAMLOG_CACHE"] = join(folder, "cache");
    const words = ["--sessions", "failed/", "--trials", "1", "--segmenter"];
    const { regression } = await regress(...words, `sam2:${tinyFolder("samexporter")}`);
    delete process.env["DREAMLOG_CACHE"];
    expect(regression).toMatchObject({ verdict: "too few trials", trials: 1 });
  });

  it("refuses a segmenter that there is not", async () => {
    const words = ["regress", checkpoint, "--against", log, "--segmenter", "magic"];
    const { result, stderr } = await captureOutput(() => runCli(words));
    expect(result).toBe(1);
    expect(stderr).toContain('segmenter "magic": expected an adapter of colour, sam2:');
  });

  it("refuses a log without scored sessions of that name", async () => {
    const words = ["regress", checkpoint, "--against", log, "--sessions", "nobody/"];
    const { result, stderr } = await captureOutput(() => runCli(words));
    expect(result).toBe(1);
    expect(stderr).toContain("SESSION_UNKNOWN");
  });
});
