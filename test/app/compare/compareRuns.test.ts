import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { compareScores } from "../../../src/app/compare/compareScores.ts";
import { compareVerdicts } from "../../../src/app/compare/compareVerdicts.ts";
import { renderComparisonHtml } from "../../../src/app/compare/renderComparisonHtml.ts";
import { renderComparisonText } from "../../../src/app/compare/renderComparisonText.ts";
import type { JudgedStart, MethodScores } from "../../../src/app/compare/readResults.ts";

/** A verdict on as many candidates as there are distances; the best is paired with each other. */
function judged(start: string, distances: readonly number[], firstSource = 0): JudgedStart {
  const best = distances.indexOf(Math.min(...distances));
  return {
    start,
    actions: distances.map((_, at) => ({ arm: "left", source: firstSource + at, target: 0 })),
    distances,
    best,
    pairs: distances.flatMap((_, at) => (at === best ? [] : [[best, at] as const])),
  };
}

function scored(scores: readonly number[], session = "own"): MethodScores {
  return {
    method: "orpo",
    task: "rope",
    scores: new Map(scores.entries()),
    sessions: new Map(scores.map((_, start) => [start, `${session}/${start}`])),
  };
}

const notShared = () => false;

describe("comparing verdicts", () => {
  it("names every start on which the preferred candidate changed", () => {
    const comparison = compareVerdicts(
      [judged("rope/0", [1, 2, 3]), judged("rope/1", [1, 2, 3])],
      [judged("rope/0", [1, 2, 3]), judged("rope/1", [3, 2, 1])],
    );
    expect(comparison.flips).toEqual([{ start: "rope/1", bestA: 0, bestB: 2, tau: -1 }]);
    expect(comparison).toMatchObject({ groups: 2, incomparable: 0, tau: 0 });
  });

  it("counts the pairs that went, came and turned round", () => {
    const comparison = compareVerdicts(
      [judged("rope/0", [1, 2, 3])],
      [judged("rope/0", [2, 1, 3])],
    );
    expect(comparison.preferences).toEqual({ inBoth: 0, onlyInA: 2, onlyInB: 2, reversed: 1 });
  });

  it("does not compare verdicts on other candidates, or on starts that one side lacks", () => {
    const comparison = compareVerdicts(
      [judged("rope/0", [1, 2]), judged("rope/1", [1, 2])],
      [judged("rope/0", [1, 2], 5), judged("rope/2", [1, 2])],
    );
    expect(comparison).toMatchObject({ groups: 0, incomparable: 3, kappa: null, tau: null });
  });

  test.prop([
    fc.array(fc.uniqueArray(fc.nat(99), { minLength: 2, maxLength: 6 }), { minLength: 1 }),
  ])("finds no change between a run and itself", (groups) => {
    const verdicts = groups.map((distances, at) => judged(`rope/${at}`, distances));
    const { flips, tau, preferences } = compareVerdicts(verdicts, verdicts);
    expect(flips).toEqual([]);
    expect(tau).toBe(1);
    expect(preferences).toMatchObject({ onlyInA: 0, onlyInB: 0, reversed: 0 });
  });
});

describe("comparing scores", () => {
  it("pairs trials by their start, so what starts have in common drops out", () => {
    const a = [0, 0.5, 0, 0.5, 0, 0.5];
    const [rope] = compareScores([scored(a)], [scored(a.map((s) => s + 0.5))], notShared);
    expect(rope).toMatchObject({
      method: "orpo",
      task: "rope",
      trials: 6,
      meanA: 0.25,
      meanB: 0.75,
      difference: { mean: 0.5, low: 0.5, high: 0.5 },
    });
  });

  test.prop([fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 2, maxLength: 12 })])(
    "turns round when the runs change places",
    (scores) => {
      const [forth] = compareScores([scored(scores)], [scored(scores.toReversed())], notShared);
      const [back] = compareScores([scored(scores.toReversed())], [scored(scores)], notShared);
      expect(back!.difference.mean).toBeCloseTo(-forth!.difference.mean, 12);
    },
  );

  it("leaves out trials that both runs share", () => {
    const same = (a: string, b: string) => a === b;
    expect(compareScores([scored([0, 1])], [scored([0, 1])], same)).toEqual([]);
    expect(compareScores([scored([0, 1])], [scored([0, 1], "branch")], same)).toHaveLength(2);
  });

  it("compares only starts that both were evaluated on", () => {
    const [rope] = compareScores([scored([0, 1, 1])], [scored([1])], notShared);
    expect(rope).toMatchObject({ trials: 1, meanA: 0, meanB: 1 });
  });
});

describe("a comparison as people see it", () => {
  const comparison = {
    a: "one.sqlite@seed-0",
    b: "one.sqlite@seed-0+<judge>",
    verdicts: compareVerdicts(
      Array.from({ length: 30 }, (_, at) => judged(`rope/${at}`, [1, 2])),
      Array.from({ length: 30 }, (_, at) => judged(`rope/${at}`, [2, 1])),
    ),
    scores: compareScores([scored([0, 0.5, 1])], [scored([1, 0.5, 1])], notShared),
  };

  it("fits 80 columns and says how many flips it leaves out", () => {
    const text = renderComparisonText(comparison, false);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toContain("… 18 more flips");
    expect(text).toContain("+0.33");
  });

  it("is one page that loads nothing, with every flip and every name escaped", () => {
    const page = renderComparisonHtml(comparison);
    expect(page).not.toMatch(/https?:\/\/|<script|src="(?!data:)/);
    expect(page).toContain("seed-0+&lt;judge&gt;");
    expect(page.match(/candidate 1/g)).toHaveLength(30);
  });
});
