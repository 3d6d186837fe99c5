import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { kendallTau, measureAgreement, rankOfChoice } from "../../src/judging/agreement.ts";

const distances = fc.uniqueArray(fc.nat(1000), { minLength: 2, maxLength: 8 });

describe("agreement with the true ranking", () => {
  test.prop([distances])("is complete for a judge that sees the truth", (actual) => {
    const judged = actual.map((distance) => distance * 3 + 1);
    expect(measureAgreement([{ judged, actual }])).toEqual({
      groups: 1,
      topOneRate: 1,
      topThreeRate: 1,
      kendallTau: 1,
    });
  });

  test.prop([distances])("is the opposite for a judge that sees it upside down", (actual) => {
    const judged = actual.map((distance) => -distance);
    expect(kendallTau({ judged, actual })).toBe(-1);
    expect(rankOfChoice({ judged, actual })).toBe(actual.length - 1);
  });

  it("counts the truly best three", () => {
    const actual = [1, 2, 3, 4];
    const thirdBest = { judged: [9, 9, 0, 9], actual };
    const worst = { judged: [9, 9, 9, 0], actual };
    expect(measureAgreement([thirdBest, worst])).toMatchObject({
      topOneRate: 0,
      topThreeRate: 0.5,
    });
  });

  it("corrects for ties and leaves out groups a judge cannot tell apart", () => {
    expect(kendallTau({ judged: [1, 1, 2], actual: [1, 2, 3] })).toBeCloseTo(2 / Math.sqrt(6), 12);
    expect(kendallTau({ judged: [1, 1], actual: [1, 2] })).toBeNull();
  });
});
