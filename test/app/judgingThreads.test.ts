import { afterAll, describe, expect, it } from "vitest";
import { readSession } from "../../src/app/collectedSession.ts";
import { beginToJudge } from "../../src/app/judgeDreams.ts";
import { createEmbeddedJudge, type JudgeSpec } from "../../src/app/judgeSpec.ts";
import { startJudgingThreads, type JudgingThreads } from "../../src/app/judgingThreads.ts";
import { recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import { dreamsOf } from "../../src/app/stages/judge.ts";
import { cropSidePx } from "../../src/core/cell.ts";
import { createSystemClock } from "../../src/core/clock.ts";
import { createRgbImage } from "../../src/core/image.ts";
import { dreamImagined } from "../../src/events/dreaming.ts";
import { judgementFailed, verdictGiven } from "../../src/events/judging.ts";
import { cropTaken } from "../../src/events/perception.ts";
import { openLog } from "../../store/openLog.ts";
import { goldenCopy } from "../replay/goldenCopies.ts";

// Another judge than the one whose verdicts the golden session holds.
const spec: JudgeSpec = { kind: "geometric", distance: "hausdorff" };
const opened: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

/** Judges a golden session's dreams, then the same with one that shows nothing. */
async function judgeGolden(jobs: number) {
  const copy = await goldenCopy("rope");
  const open = openLog({ path: copy.path, clock: createSystemClock() });
  const threads = startJudgingThreads({ jobs, open }, spec, 200);
  opened.push(async () => {
    await threads?.close();
    await open.close();
    copy.remove();
  });
  const golden = await readSession(open.log, "golden/rope");
  const goal = golden.get("goal/crop/objectOnly", cropTaken);
  const dreams = dreamsOf(golden);
  const recorder = recorderFor({ open }, "judged");
  await startSession(recorder, { purpose: "judge", task: null, seed: "0", settings: spec });
  const white = createRgbImage(cropSidePx, 4 * cropSidePx);
  white.pixels.fill(255);
  const frames = await recorder.media.storeImage(white, "image/qoi");
  const { producer } = dreams[0]!;
  const blank = await recorder.derived(
    "blank",
    dreamImagined,
    { producer, causes: [goal], seed: "blank" },
    () => ({ ...dreams[0]!.payload, frames }),
  );
  const judgeAll = async (how: Pick<JudgingThreads, "rank"> | null) => {
    const judge = createEmbeddedJudge(spec);
    const groups = [dreams, [dreams[0]!, blank], dreams.slice(0, 2)];
    const begun = [];
    for (const [at, group] of groups.entries()) {
      const request = { name: `group/${at}`, task: "rope", goal, dreams: group } as const;
      begun.push(await beginToJudge(recorder, judge, request, how));
    }
    const types = [];
    for (const judgement of begun) types.push((await judgement.finish())?.type ?? "none");
    return types;
  };
  return { threads, judgeAll, open, headOf: async () => (await open.log.session("judged"))!.head };
}

describe("judging threads", () => {
  it("leave the same events as judging on one thread, failures included", async () => {
    const alone = await judgeGolden(1);
    const side = await judgeGolden(2);
    expect(alone.threads).toBeNull();
    const types = [verdictGiven.type, "none", verdictGiven.type];
    expect(await alone.judgeAll(null)).toEqual(types);
    expect(await side.judgeAll(side.threads)).toEqual(types);
    expect(await side.headOf()).toBe(await alone.headOf());
    const failures = await side.open.log.read({ session: "judged", types: [judgementFailed.type] });
    expect(failures).toHaveLength(1);
  });

  it("are not asked for what the log holds already", async () => {
    const { judgeAll, headOf } = await judgeGolden(1);
    await judgeAll(null);
    const head = await headOf();
    let asked = 0;
    const rank = () => {
      asked += 1;
      return Promise.reject(new Error("nothing is to be ranked"));
    };
    // The group that has no verdict is tried again, and fails as it did.
    await expect(judgeAll({ rank })).rejects.toThrow("nothing is to be ranked");
    expect(asked).toBe(1);
    expect(await headOf()).toBe(head);
  });

  it("are not started for few groups, or for a judge that is asked elsewhere", async () => {
    const { open } = await judgeGolden(1);
    const human: JudgeSpec = { kind: "human", rater: "ada" };
    expect(startJudgingThreads({ jobs: 2, open }, spec, 199)).toBeNull();
    expect(startJudgingThreads({ jobs: 2, open }, human, 1000)).toBeNull();
  });
});
