import { expect, test } from "vitest";
import { neighbourhoodWeights } from "../../src/learning/lossWeights.ts";

const side = 16;
const area = side * side;

/** One plane of ink with one covered pixel, repeated over three channels. */
function inkAt(x: number, y: number): Float32Array {
  const planes = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel++) planes[channel * area + y * side + x] = 1;
  return planes;
}

function weightsOf(): { readonly first: Float32Array; readonly last: Float32Array } {
  const targets = new Float32Array(6 * area);
  targets.set(inkAt(1, 1), 0);
  targets.set(inkAt(14, 14), 3 * area);
  const weights = neighbourhoodWeights(inkAt(1, 1), targets, side);
  return { first: weights.slice(0, area), last: weights.slice(area) };
}

test("weights of a clip sum to 1", () => {
  const { first, last } = weightsOf();
  expect([...first, ...last].reduce((a, b) => a + b)).toBeCloseTo(1, 5);
});

test("a pixel counts more near the object, before or after, than far from it", () => {
  const { first, last } = weightsOf();
  expect(first[0]).toBeGreaterThan(3 * first[area - 1]!);
  expect(last[0]).toBe(last[area - 1]);
});

test("covered or not, the object's neighbourhood counts alike", () => {
  const { first } = weightsOf();
  expect(first[side + 1]).toBe(first[5 * side + 5]);
});

test("the last frame counts four times as much as one before it", () => {
  const { first, last } = weightsOf();
  expect(last[0]! / first[0]!).toBeCloseTo(4, 5);
});
