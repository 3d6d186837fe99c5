import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { assignAtLeastCost } from "../../src/planning/assignment.ts";

const size = 5;
// Whole numbers, so that sums in any order are equal.
const costMatrices = fc
  .array(fc.nat(40), { minLength: size * size, maxLength: size * size })
  .map((costs) => Float64Array.from(costs));

function leastCostByTryingAll(
  costs: Float64Array,
  row: number,
  taken: ReadonlySet<number>,
): number {
  if (row === size) return 0;
  let least = Infinity;
  for (let column = 0; column < size; column++) {
    if (taken.has(column)) continue;
    const rest = leastCostByTryingAll(costs, row + 1, new Set([...taken, column]));
    least = Math.min(least, costs[row * size + column]! + rest);
  }
  return least;
}

describe("the Hungarian assignment", () => {
  test.prop([costMatrices])("is a permutation at the least cost there is", (costs) => {
    const columns = [...assignAtLeastCost(costs, size)];
    expect([...columns].sort()).toEqual([0, 1, 2, 3, 4]);
    const cost = columns.reduce((sum, column, row) => sum + costs[row * size + column]!, 0);
    expect(cost).toBe(leastCostByTryingAll(costs, 0, new Set()));
  });
});
