import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { dreamplanEq5Loss } from "../../../src/learning/losses/dreamplanEq5.ts";
import { log1mexp, mean } from "../../../src/learning/losses/logProbability.ts";
import { oddsRatio, orpoLoss } from "../../../src/learning/losses/orpo.ts";
import { testVectors, tokenExample } from "./testVectors.ts";

function expectRelative(found: number, expected: number, tolerance = 1e-14): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

describe.each(testVectors)("test vector $id: chosen $chosen, rejected $rejected", (vector) => {
  const { chosen, rejected } = vector;

  test("log(1 − eˣ) and the log odds ratio", () => {
    expectRelative(log1mexp(chosen), vector.log1mexp[0]);
    expectRelative(log1mexp(rejected), vector.log1mexp[1]);
    expectRelative(oddsRatio(chosen, rejected).logOddsRatio, vector.logOddsRatio);
  });

  test("the odds-ratio loss and its gradient", () => {
    const { loss, gradient, isClamped } = oddsRatio(chosen, rejected);
    expectRelative(loss, vector.oddsRatioLoss, 3e-14);
    expectRelative(gradient.chosen, vector.gradient.chosen, 3e-14);
    expectRelative(gradient.rejected, vector.gradient.rejected, 3e-14);
    expect(isClamped).toBe(false);
  });

  test("ORPO with the likelihood of the response, λ = 0.1", () => {
    const found = orpoLoss(
      { chosen: [chosen], rejected: [rejected] },
      { lambda: 0.1, nllScope: "response" },
    );
    expectRelative(found, vector.orpo);
  });

  test("Eq. (5) of DreamPlan, with the sign that makes it a loss", () => {
    expectRelative(dreamplanEq5Loss(chosen, rejected), -vector.logSigmoidDifference);
  });
});

describe("answers of several tokens", () => {
  const { chosen, rejected } = tokenExample;

  test.each([
    [0.1, "response", 0.536308911882639],
    [0.1, "prompt+response", 0.8309517690254962],
    [1, "response", 0.7505891188263898],
    [1, "none", 0.2380891188263898],
  ] as const)("ORPO with λ = %d and the likelihood of %s is %d", (lambda, nllScope, expected) => {
    expectRelative(orpoLoss(tokenExample, { lambda, nllScope }), expected);
  });

  test("the odds are of the mean over tokens, not of the sum", () => {
    expectRelative(oddsRatio(mean(chosen), mean(rejected)).logOddsRatio, 1.313704847358655);
  });

  test("Eq. (5) over means and over sums", () => {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expectRelative(dreamplanEq5Loss(mean(chosen), mean(rejected)), 0.39089832077120573);
    expectRelative(dreamplanEq5Loss(sum(chosen), sum(rejected)), 0.4932489459974549);
  });

  test("one positive against three negatives", () => {
    const losses = [-1.25, -0.8, -2.0].map((negative) => oddsRatio(-0.5125, negative).loss);
    [0.2380891188263898, 0.43583681313235073, 0.09964825076105994].forEach((expected, at) => {
      expectRelative(losses[at]!, expected, 3e-14);
    });
    expectRelative(mean(losses), 0.2578580609066002);
  });
});

describe("certain answers", () => {
  test("a certain positive costs nothing and is not pushed further", () => {
    const { loss, gradient, isClamped } = oddsRatio(0, -3);
    expect(loss).toBeLessThan(1e-10);
    expect(gradient.chosen).toBe(0);
    expect(isClamped).toBe(true);
  });

  test("two certain answers have odds ratio 1 instead of none", () => {
    const { loss, gradient, isClamped } = oddsRatio(0, 0);
    expectRelative(loss, Math.LN2);
    expect(gradient).toEqual({ chosen: 0, rejected: 0 });
    expect(isClamped).toBe(true);
  });
});

const logProbability = fc.double({ min: -30, max: -1e-9, noNaN: true });

describe("for any two log-probabilities", () => {
  property.prop([logProbability, logProbability])(
    "the log odds ratio is antisymmetric and at least as large as the difference",
    (a, b) => {
      const { logOddsRatio } = oddsRatio(a, b);
      expect(oddsRatio(b, a).logOddsRatio).toBeCloseTo(-logOddsRatio, 12);
      expect(Math.abs(logOddsRatio)).toBeGreaterThanOrEqual(Math.abs(a - b) * (1 - 1e-9));
      expect(logOddsRatio * (a - b)).toBeGreaterThanOrEqual(0);
    },
  );

  property.prop([
    fc.double({ min: -20, max: -1e-3, noNaN: true }),
    fc.double({ min: -20, max: -1e-3, noNaN: true }),
  ])("the gradient of the odds-ratio loss agrees with finite differences", (a, b) => {
    const { gradient } = oddsRatio(a, b);
    const slope = (at: (shift: number) => number, step: number) =>
      (at(step) - at(-step)) / (2 * step);
    const byChosen = slope((shift) => oddsRatio(a + shift, b).loss, -a * 1e-5);
    const byRejected = slope((shift) => oddsRatio(a, b + shift).loss, -b * 1e-5);
    expect(Math.abs(byChosen - gradient.chosen)).toBeLessThan(1e-5 * (1 - gradient.chosen));
    expect(Math.abs(byRejected - gradient.rejected)).toBeLessThan(1e-5 * (1 + gradient.rejected));
  });
});
