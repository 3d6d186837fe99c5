import { beforeEach, describe, expect, it } from "vitest";
import { readEvents } from "../../../src/app/collectedSession.ts";
import { exactProducer } from "../../../src/app/producers.ts";
import { readJudge, readPsnr, readScores } from "../../../src/app/report/readScores.ts";
import { recorderFor, startSession } from "../../../src/app/sessionLifecycle.ts";
import type { SessionRecorder } from "../../../src/app/sessionRecorder.ts";
import type { Task } from "../../../src/core/cell.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { dreamsMeasured, methodEvaluated, outcomeScored } from "../../../src/events/evaluation.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";

const producer = exactProducer("test.evaluation", 1);
const planned = { trialsPerTask: 4, firstSeed: 0, oracleTrialsPerTask: 2, auditedStartsPerTask: 0 };

let open: OpenLog;
let recorder: SessionRecorder;
beforeEach(async () => {
  open = createMemoryLog({ clock: new ManualClock() });
  recorder = recorderFor({ open }, "summary");
  await startSession(recorder, { purpose: "test", task: null, seed: "0", settings: {} });
});

/** Logs a method's trials on one task; `scores` are those of the trials that were carried out. */
async function evaluateMethod(task: Task, scores: readonly (0 | 0.5 | 1)[], trials: number) {
  const outcomes = [];
  for (const [at, score] of scores.entries()) {
    const name = `${task}/outcome/${at}`;
    outcomes.push(
      await recorder.derived(name, outcomeScored, { producer, causes: [], seed: name }, () => ({
        score,
        errorM: 0.01,
      })),
    );
  }
  const mean = scores.reduce<number>((sum, score) => sum + score, 0) / trials;
  await recorder.derived(`orpo/${task}`, methodEvaluated, { producer, causes: outcomes }, () => ({
    method: "orpo",
    task,
    trials,
    mean,
    low: mean,
    high: mean,
  }));
}

describe("scores read from the log", () => {
  it("are those of the summary, tell what was left out, and weigh every task the same", async () => {
    await evaluateMethod("rope", [1, 1, 1, 1], 4);
    await evaluateMethod("cloth", [0.5, 0.5], 2);
    await evaluateMethod("toy", [0, 0], 3);

    const rows = await readScores(open.log, planned, await readEvents(open.log, "summary"));

    expect(rows.map(({ low: _low, high: _high, ...row }) => row)).toEqual([
      { method: "orpo", task: "rope", mean: 1, trials: 4, leftOut: 0 },
      { method: "orpo", task: "cloth", mean: 0.5, trials: 2, leftOut: 2 },
      { method: "orpo", task: "toy", mean: 0, trials: 3, leftOut: 1 },
      { method: "orpo", task: "average", mean: 0.5, trials: 9, leftOut: 3 },
    ]);
  });

  it("count a trial in which nothing could be carried out as 0", async () => {
    await evaluateMethod("rope", [1], 4);

    const rows = await readScores(open.log, planned, await readEvents(open.log, "summary"));

    expect(rows.at(-1)).toMatchObject({ task: "average", mean: 0.25, trials: 4 });
  });

  it("are the same when they are read again", async () => {
    await evaluateMethod("rope", [1, 0, 0.5, 1, 0], 5);
    const summary = await readEvents(open.log, "summary");

    expect(await readScores(open.log, planned, summary)).toEqual(
      await readScores(open.log, planned, summary),
    );
  });
});

describe("what an evaluation left out", () => {
  it("is null in the report", async () => {
    await recorder.derived("dreams/objectOnly", dreamsMeasured, { producer, causes: [] }, () => ({
      variant: "objectOnly" as const,
      clips: 3,
      psnrDb: 27.5,
      objectIou: 0.8,
    }));
    const summary = await readEvents(open.log, "summary");

    expect(readPsnr(summary)).toEqual({ objectOnly: 27.5, fullScene: null, copyFirstFrame: null });
    expect(readJudge(summary)).toEqual({
      topThreeRate: null,
      topOneRate: null,
      kendallTau: null,
      groups: 0,
    });
  });
});
