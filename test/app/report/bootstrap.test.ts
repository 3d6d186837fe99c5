import { describe, expect, it } from "vitest";
import { averageOverTasks, bootstrapInterval } from "../../../src/app/report/bootstrap.ts";
import { isDreamlogError } from "../../../src/core/errors.ts";
import { createRandom, type Random } from "../../../src/core/random.ts";

const ones = (count: number) => Array<number>(count).fill(1);
const zeros = (count: number) => Array<number>(count).fill(0);

describe("bootstrap interval", () => {
  it("is a point when every trial has the same score", () => {
    expect(bootstrapInterval([0.5, 0.5, 0.5], { seed: "a" })).toEqual({
      mean: 0.5,
      low: 0.5,
      high: 0.5,
    });
  });

  it("gives the same interval for the same seed", () => {
    const scores = [...ones(7), ...zeros(5), 0.5, 0.5];
    expect(bootstrapInterval(scores, { seed: "a" })).toEqual(
      bootstrapInterval(scores, { seed: "a" }),
    );
  });

  it("agrees with the normal approximation on many trials", () => {
    const { mean, low, high } = bootstrapInterval([...ones(120), ...zeros(280)], { seed: "b" });
    const halfWidth = 1.96 * Math.sqrt((0.3 * 0.7) / 400);
    expect(mean).toBeCloseTo(0.3, 12);
    expect(low).toBeCloseTo(0.3 - halfWidth, 2);
    expect(high).toBeCloseTo(0.3 + halfWidth, 2);
  });

  it("holds the true mean in about 95 of 100 repetitions", () => {
    const random = createRandom("coverage");
    let covered = 0;
    for (let repetition = 0; repetition < 400; repetition++) {
      const { low, high } = bootstrapInterval(drawScores(60, random), {
        seed: String(repetition),
        resamples: 300,
      });
      if (low <= 0.5 && 0.5 <= high) covered += 1;
    }
    expect(covered / 400).toBeGreaterThan(0.9);
    expect(covered / 400).toBeLessThan(0.985);
  });

  it.each([
    { scores: [], why: "no score" },
    { scores: [1, Number.NaN], why: "a score that is no number" },
  ])("refuses $why", ({ scores }) => {
    try {
      bootstrapInterval(scores, { seed: "a" });
      expect.unreachable();
    } catch (error) {
      expect(isDreamlogError(error, "ARGUMENT_INVALID")).toBe(true);
    }
  });
});

describe("average over tasks", () => {
  it("weighs every task the same, however many trials it had", () => {
    const { mean } = averageOverTasks([ones(10), zeros(90)], { seed: "a" });
    expect(mean).toBe(0.5);
  });

  it("does not count the difference between tasks as noise", () => {
    const tasks = [ones(20), zeros(20), ones(20)];
    const { low, high } = averageOverTasks(tasks, { seed: "a" });
    expect(low).toBe(high);
  });

  it("is narrower than the interval of one task alone", () => {
    const task = [...ones(10), ...zeros(10)];
    const one = bootstrapInterval(task, { seed: "a" });
    const three = averageOverTasks([task, task, task], { seed: "a" });
    expect(three.high - three.low).toBeLessThan(0.75 * (one.high - one.low));
  });
});

/** Scores 0, 0.5 and 1 with probabilities 0.4, 0.2, 0.4: mean 0.5. */
function drawScores(count: number, random: Random): number[] {
  return Array.from({ length: count }, () => {
    const value = random.uniform();
    return value < 0.4 ? 0 : value < 0.6 ? 0.5 : 1;
  });
}
