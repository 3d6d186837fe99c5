import { beforeEach, describe, expect, it } from "vitest";
import { readVerdicts } from "../../../src/app/compare/readResults.ts";
import { readAnswers, standingAnswers } from "../../../src/app/humanVerdicts/answers.ts";
import type { SheetGroup } from "../../../src/app/humanVerdicts/contactSheet.ts";
import { contactSheet } from "../../../src/app/humanVerdicts/contactSheet.ts";
import { dreamGroupsOf, shownOrder } from "../../../src/app/humanVerdicts/dreamGroup.ts";
import { rateGroups, type RaterReply } from "../../../src/app/humanVerdicts/rateGroups.ts";
import { resolveHumanJudge } from "../../../src/app/humanVerdicts/resolveHumanJudge.ts";
import { html } from "../../../src/app/report/markup.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { judge } from "../../../src/app/stages/judge.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { judgementFailed } from "../../../src/events/judging.ts";
import { parseRanking } from "../../../src/judging/human/ranking.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { dreamedRun, dreamedSettings } from "./dreamedRun.ts";

let open: OpenLog;
beforeEach(async () => {
  open = await dreamedRun();
});

const ranked = (text: string): RaterReply => ({ kind: "ranked", tiers: parseRanking(text, 3) });

/** A rater who gives these answers in turn, and what they were shown. */
async function rate(
  replies: readonly RaterReply[],
  { rater = "ana", signal = new AbortController().signal, takesBackAtEnd = false } = {},
) {
  const waiting = [...replies];
  const shown: SheetGroup[] = [];
  let ends = takesBackAtEnd ? 0 : 1;
  const desk = {
    ask: (group: SheetGroup) => {
      shown.push(group);
      return Promise.resolve(waiting.shift() ?? ({ kind: "quit" } as const));
    },
    refuseUndo: () => undefined,
    askForEnd: () => Promise.resolve(ends++ === 0),
  };
  const result = await rateGroups({ open, signal }, dreamedSettings, {
    rater,
    desk,
    clock: new ManualClock(0),
  });
  return { result, shown: shown.map(({ name }) => name) };
}

const standing = async (rater = "ana") =>
  standingAnswers(await readAnswers(open.log, `seed-0/human/${rater}/`));

describe("a rater", () => {
  it("goes on where they stopped, in a sitting of its own", async () => {
    const first = await rate([ranked("B")]);
    expect(first.result).toMatchObject({ ranked: 1, left: 1 });
    const second = await rate([{ kind: "unsure" }]);
    expect(second.result).toMatchObject({ ranked: 1, unsure: 1, left: 0 });
    expect([...first.shown.slice(0, 1), ...second.shown]).toHaveLength(2);
    expect(new Set([first.shown[0], second.shown[0]]).size).toBe(2);
    const sittings = await open.log.sessions("seed-0/human/ana/");
    expect(sittings.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    expect((await rate([])).shown).toEqual([]);
  });

  it("takes answers back, and the log keeps what was said before", async () => {
    const { result, shown } = await rate([ranked("A"), { kind: "undo" }, ranked("C")]);
    expect(shown[2]).toBe(shown[0]);
    expect(result).toMatchObject({ ranked: 1, left: 1 });
    const answers = await readAnswers(open.log, "seed-0/human/ana/");
    expect(answers.map(({ payload }) => payload.answer)).toEqual(["ranked", "withdrawn", "ranked"]);
    expect([...(await standing()).values()][0]!.payload.ranking).toBe("C > A = B");
  });

  it("may take the last answer back when all are answered", async () => {
    const { result } = await rate([ranked("A"), ranked("B"), ranked("C")], { takesBackAtEnd: true }); // prettier-ignore
    expect(result).toMatchObject({ ranked: 2, left: 0 });
    expect([...(await standing()).values()].at(-1)!.payload.ranking).toBe("C > A = B");
  });

  it("who is interrupted leaves every answer before in a closed sitting", async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(rate([ranked("A")], { signal: stop.signal })).rejects.toMatchObject({ code: "INTERRUPTED" }); // prettier-ignore
    expect((await standing()).size).toBe(1);
    expect(await open.log.sessions("seed-0/human/")).toMatchObject([{ isClosed: true }]);
  });

  it("sees dreams under letters that are their own shuffle, with no hint of who made them", async () => {
    const groups = dreamGroupsOf(open.log, dreamedSettings);
    const group = (await groups.read("toy/00000"))!;
    const orders = ["ana", "bob", "eve", "zoe"].map((rater) => shownOrder(rater, group));
    for (const order of orders) expect(order.toSorted()).toEqual([0, 1, 2]);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);

    let page = "";
    const desk = {
      ask(sheet: SheetGroup) {
        page = contactSheet([sheet], { lede: html`` });
        return Promise.resolve({ kind: "quit" } as const);
      },
      refuseUndo: () => undefined,
      askForEnd: () => Promise.resolve(false),
    };
    const { signal } = new AbortController();
    await rateGroups({ open, signal }, dreamedSettings, { rater: "ana", desk });
    expect(page.match(/how dream [A-C] ends/g)).toHaveLength(3);
    expect(page.replace(/<style>[^]*<\/style>/, "")).not.toMatch(
      /candidate|probability|verdict|seed-0|https?:/,
    );
  });

  it("must have a name that a session can have", async () => {
    await expect(rate([], { rater: "a/b" })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});

describe("judging by a rater", () => {
  /** The judge stage of a branch by the answers there are. */
  async function branchBy(rater: string, answers?: number) {
    const spec = { kind: "human" as const, rater, ...(answers === undefined ? {} : { answers }) };
    const resolved = await resolveHumanJudge(open.log, dreamedSettings, spec);
    const steps = [{ name: `by-${rater}-${resolved.answers}`, recomputes: ["judge"] }];
    const settings = { ...dreamedSettings, branch: { steps, judge: resolved } };
    const { signal } = new AbortController();
    await judge({ settings, open, outDir: "", progress: silentProgress, signal, jobs: 1 });
    return readVerdicts({ log: open.log, settings });
  }

  it("derives verdicts and pairs from the answers, mapped from letters to dreams", async () => {
    const { shown } = await rate([ranked("B > A > C"), ranked("B > A > C")]);
    const verdicts = await branchBy("ana");
    expect(verdicts.map(({ start }) => start).sort()).toEqual(shown.toSorted());
    for (const verdict of verdicts) {
      const order = (await standing()).get(verdict.start)!.payload.shown;
      expect(verdict.best).toBe(order[1]);
      expect(verdict.distances[order[0]!]).toBe(1);
      expect(verdict.pairs).toEqual([[order[1], order[0]], [order[1], order[2]]]); // prettier-ignore
    }
  });

  it("makes no pair of dreams that the rater called equally good", async () => {
    await rate([ranked("A = B"), ranked("=")]);
    const verdicts = await branchBy("ana");
    // Where all are equal there is nothing to learn.
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]!.pairs).toHaveLength(1);
  });

  it("counts a rater who could not tell as a judgement that was not made", async () => {
    await rate([{ kind: "unsure" }, ranked("A")]);
    expect(await branchBy("ana")).toHaveLength(1);
    const failed = await open.log.read({ types: [judgementFailed.type] });
    expect(failed).toMatchObject([{ payload: { code: "RATER_UNSURE" } }]);
  });

  it("goes by the answers it was made with, whatever is said later", async () => {
    await rate([ranked("A")]);
    const before = await branchBy("ana", 1);
    await rate([{ kind: "undo" }, ranked("B"), ranked("B")]);
    expect(await branchBy("ana", 1)).toEqual(before);
    expect(await branchBy("ana")).toHaveLength(2);
  });

  it("needs answers", async () => {
    await expect(branchBy("nobody")).rejects.toMatchObject({ code: "STAGE_INCOMPLETE" });
    await rate([ranked("A")]);
    await expect(branchBy("ana", 2)).rejects.toMatchObject({ code: "STAGE_INCOMPLETE" });
  });
});
