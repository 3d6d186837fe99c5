import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { cohensKappa } from "../../src/judging/cohensKappa.ts";

const choices = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 40 });

describe("Cohen's κ", () => {
  it("is 0.4 for Cohen's own kind of table: 20 and 15 agreements of 50", () => {
    const repeat = (count: number, pair: [number, number]) =>
      Array.from({ length: count }, () => pair);
    const table = [
      ...repeat(20, [0, 0]),
      ...repeat(5, [0, 1]),
      ...repeat(10, [1, 0]),
      ...repeat(15, [1, 1]),
    ];
    expect(cohensKappa(table)).toBeCloseTo(0.4, 12);
  });

  test.prop([choices])("is at most 1, and the same for either order of the judges", (pairs) => {
    const kappa = cohensKappa(pairs);
    expect(kappa ?? 0).toBeLessThanOrEqual(1);
    const swapped = cohensKappa(pairs.map(([a, b]) => [b, a] as const));
    expect(swapped ?? 0).toBeCloseTo(kappa ?? 0, 12);
  });

  test.prop([fc.uniqueArray(fc.nat(9), { minLength: 2 })])(
    "is 1 for judges who always choose alike and not always the same",
    (categories) => {
      expect(cohensKappa(categories.map((one) => [one, one] as const))).toBeCloseTo(1, 12);
    },
  );

  it("is not defined without items, or where nobody ever chooses otherwise", () => {
    expect(cohensKappa([])).toBeNull();
    expect(cohensKappa([[2, 2], [2, 2]])).toBeNull(); // prettier-ignore
  });
});
