import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { boxSumsByRow } from "../../src/perception/boxFilter.ts";

/** Every neighbour of every pixel, held inside the picture. */
function sumsOneByOne(values: Uint8Array, widthPx: number, heightPx: number, radius: number) {
  const inside = (at: number, count: number) => Math.max(0, Math.min(count - 1, at));
  return Array.from(values, (_, at) => {
    let sum = 0;
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        const row = inside(Math.floor(at / widthPx) + dy, heightPx);
        sum += values[row * widthPx + inside((at % widthPx) + dx, widthPx)]!;
      }
    }
    return sum;
  });
}

describe("box sums", () => {
  const side = fc.integer({ min: 1, max: 7 });
  test.prop([side, side, fc.nat({ max: 3 }), fc.uint8Array({ minLength: 49, maxLength: 49 })])(
    "are those of each pixel's neighbourhood, from the top row down",
    (widthPx, heightPx, radius, levels) => {
      const values = levels.subarray(0, widthPx * heightPx);
      const rows: number[][] = [];
      boxSumsByRow(values, widthPx, heightPx, radius, (sums, y) => (rows[y] = [...sums]));
      expect(rows.flat()).toEqual(sumsOneByOne(values, widthPx, heightPx, radius));
    },
  );
});
