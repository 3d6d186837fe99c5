import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { capsuleDistance, type Capsule } from "../../hardware/safety/capsuleDistance.ts";

const coordinate = fc.integer({ min: -20, max: 20 }).map((at) => at / 10);
const point = fc.record({ x: coordinate, y: coordinate, z: coordinate });
const capsule: fc.Arbitrary<Capsule> = fc.record({
  a: point,
  b: point,
  radiusM: fc.constantFrom(0, 0.05, 0.2),
});

const samples = 40;

/** The least distance of points on both axes: never less than the true one, and near it. */
function sampledDistance(one: Capsule, other: Capsule): number {
  const along = ({ a, b }: Capsule) =>
    Array.from({ length: samples + 1 }, (_, at) => {
      const share = at / samples;
      return [a.x + share * (b.x - a.x), a.y + share * (b.y - a.y), a.z + share * (b.z - a.z)];
    });
  const others = along(other);
  let least = Infinity;
  for (const p of along(one)) {
    for (const q of others) {
      least = Math.min(least, (p[0]! - q[0]!) ** 2 + (p[1]! - q[1]!) ** 2 + (p[2]! - q[2]!) ** 2);
    }
  }
  return Math.sqrt(least) - one.radiusM - other.radiusM;
}

test.prop([capsule, capsule])(
  "the distance of two capsules is that of their nearest points, degenerate ones included",
  (one, other) => {
    const found = capsuleDistance(one, other);
    const sampled = sampledDistance(one, other);
    // Neighbouring samples are at most 7 m / 40 apart on each axis.
    expect(found).toBeLessThanOrEqual(sampled + 1e-9);
    expect(found).toBeGreaterThanOrEqual(sampled - 0.18);
  },
);

test.prop([capsule, capsule])("the distance is the same the other way round", (one, other) => {
  expect(capsuleDistance(other, one)).toBeCloseTo(capsuleDistance(one, other), 9);
});
