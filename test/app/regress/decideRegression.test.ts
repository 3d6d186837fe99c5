import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { decideRegression, type PairedTrial } from "../../../src/app/regress/decideRegression.ts";

function trials(differences: readonly number[]): PairedTrial[] {
  return differences.map((difference, at) => ({
    task: at % 2 === 0 ? "rope" : "toy",
    baseline: 0.5,
    candidate: 0.5 + difference,
  }));
}

const repeat = (count: number, ...pattern: number[]) =>
  Array.from({ length: count }, (_, at) => pattern[at % pattern.length]!);

describe("a planner held against a baseline", () => {
  it("is worse when it loses beyond what resampling can explain", () => {
    expect(decideRegression(trials(repeat(40, -0.5, -0.5, 0, -0.5, -0.5))).verdict).toBe("worse");
  });

  it("is no worse when it gains, or loses less than the margin for certain", () => {
    expect(decideRegression(trials(repeat(40, 0.5, 0.5, 0, 0)))).toMatchObject({
      verdict: "no worse",
      furtherTrials: 0,
    });
    expect(decideRegression(trials(repeat(100, 0)), 0.05).verdict).toBe("no worse");
  });

  it("is not called no worse for a few ties, and says how many more trials it takes", () => {
    const { verdict, furtherTrials } = decideRegression(trials(repeat(6, 0)), 0.1);
    expect(verdict).toBe("too few trials");
    const verdictOf = (count: number) => decideRegression(trials(repeat(count, 0)), 0.1).verdict;
    expect(verdictOf(6 + furtherTrials)).toBe("no worse");
    expect(verdictOf(6 + furtherTrials - 1)).toBe("too few trials");
  });

  it("needs more trials the narrower the margin", () => {
    const noisy = trials(repeat(30, 0.5, -0.5, 0));
    const further = [0.1, 0.05].map((margin) => decideRegression(noisy, margin).furtherTrials);
    expect(further[0]).toBeGreaterThan(0);
    expect(further[1]).toBeGreaterThan(further[0]!);
  });

  test.prop([fc.array(fc.constantFrom(-0.5, 0, 0.5), { minLength: 1, maxLength: 30 })])(
    "is never both worse and no worse, and a better one is never called worse",
    (differences) => {
      const before = decideRegression(trials(differences));
      const better = decideRegression(trials(differences.map((each) => each + 0.5)));
      expect(before.difference.low).toBeLessThanOrEqual(before.difference.mean);
      if (before.verdict === "no worse") expect(better.verdict).toBe("no worse");
      expect(before.furtherTrials > 0).toBe(before.verdict === "too few trials");
    },
  );

  it("cannot be decided without trials", () => {
    expect(() => decideRegression([])).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }) as Error,
    );
  });
});
