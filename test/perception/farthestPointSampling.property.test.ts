import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { createMask, type Mask } from "../../src/core/image.ts";
import { sampleKeypoints } from "../../src/perception/farthestPointSampling.ts";

const count = 6;
const side = 24;
const masks = fc
  .uniqueArray(fc.integer({ min: 0, max: side * side - 1 }), { minLength: count, maxLength: 200 })
  .map((pixels) => {
    const mask = createMask(side, side);
    for (const at of pixels) mask.bits[at] = 1;
    return mask;
  });

const asPoints = (keypoints: Float32Array) =>
  Array.from({ length: keypoints.length / 2 }, (_, index) => ({
    x: keypoints[2 * index]!,
    y: keypoints[2 * index + 1]!,
  }));

function squaredDistanceToNearest(
  points: readonly { x: number; y: number }[],
  x: number,
  y: number,
) {
  return Math.min(...points.map((point) => (point.x - x) ** 2 + (point.y - y) ** 2));
}

function filledDisc(radiusPx: number): Mask {
  const mask = createMask(960, 540);
  for (let y = 0; y < 540; y++)
    for (let x = 0; x < 960; x++)
      if ((x - 480) ** 2 + (y - 270) ** 2 <= radiusPx * radiusPx) mask.bits[y * 960 + x] = 1;
  return mask;
}

describe("farthest point sampling", () => {
  test.prop([masks])("places distinct keypoints inside the mask", (mask) => {
    const points = asPoints(sampleKeypoints(mask, count));
    expect(new Set(points.map(({ x, y }) => `${x},${y}`)).size).toBe(count);
    expect(points.every(({ x, y }) => mask.bits[y * side + x] === 1)).toBe(true);
  });

  test.prop([masks])("takes each keypoint as far as possible from those before it", (mask) => {
    const points = asPoints(sampleKeypoints(mask, count));
    for (let index = 1; index < count; index++) {
      const before = points.slice(0, index);
      const { x, y } = points[index]!;
      const distances = Array.from(mask.bits, (bit, at) =>
        bit === 0 ? 0 : squaredDistanceToNearest(before, at % side, Math.floor(at / side)),
      );
      expect(squaredDistanceToNearest(before, x, y)).toBe(Math.max(...distances));
    }
  });

  test.prop([masks])("gives fewer keypoints as a prefix of more", (mask) => {
    expect(sampleKeypoints(mask, 3)).toEqual(sampleKeypoints(mask, count).slice(0, 6));
  });

  test.prop([masks, fc.nat(5), fc.nat(5)])("moves with the mask", (mask, right, down) => {
    const moved = createMask(side + 5, side + 5);
    mask.bits.forEach((bit, at) => {
      if (bit === 1)
        moved.bits[(Math.floor(at / side) + down) * (side + 5) + (at % side) + right] = 1;
    });
    const expected = sampleKeypoints(mask, count).map(
      (value, at) => value + (at % 2 === 0 ? right : down),
    );
    expect(sampleKeypoints(moved, count)).toEqual(expected);
  });

  it("spreads over a large mask, whose pixels are thinned", () => {
    const points = asPoints(sampleKeypoints(filledDisc(200), 12));
    const spacings = points.map((point, index) =>
      Math.sqrt(
        squaredDistanceToNearest(
          points.filter((_, other) => other !== index),
          point.x,
          point.y,
        ),
      ),
    );
    expect(Math.min(...spacings)).toBeGreaterThan(80);
  });

  it("refuses a mask with fewer pixels than keypoints", () => {
    const mask = createMask(4, 4);
    mask.bits[3] = 1;
    expect(() => sampleKeypoints(mask, 2)).toThrow(
      expect.objectContaining({ code: "MASK_EMPTY" }) as Error,
    );
  });
});
