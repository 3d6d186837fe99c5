import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { resizePlane } from "../../../src/perception/sam2/resizePlane.ts";

const row = (values: readonly number[], widthPx: number, isAntialiased = false) =>
  Array.from(
    resizePlane(
      Float32Array.from(values),
      { widthPx: values.length, heightPx: 1 },
      { widthPx, heightPx: 1 },
      isAntialiased,
    ),
  );

describe("bilinear resizing", () => {
  it("interpolates between pixel centres, as PyTorch does without aligned corners", () => {
    expect(row([0, 1], 4)).toEqual([0, 0.25, 0.75, 1]);
    expect(row([0, 1, 2, 3], 2)).toEqual([0.5, 2.5]);
  });

  it("averages over what a new pixel covers only where that is asked for", () => {
    // Weights 1/8, 3/8, 3/8, 1/8 of a triangle of twice the width, cut at the border.
    expect(row([0, 0, 0, 8, 0, 0, 0, 0], 4, true)[1]).toBeCloseTo(3, 5);
    expect(row([0, 0, 0, 8, 0, 0, 0, 0], 4, false)[1]).toBe(4);
  });

  const side = fc.integer({ min: 1, max: 40 });
  test.prop([side, side, side, side, fc.boolean()])(
    "leaves a plain picture plain, whatever the sizes",
    (fromWidth, fromHeight, toWidth, toHeight, isAntialiased) => {
      const plain = new Float32Array(fromWidth * fromHeight).fill(3);
      const from = { widthPx: fromWidth, heightPx: fromHeight };
      const to = { widthPx: toWidth, heightPx: toHeight };
      const resized = resizePlane(plain, from, to, isAntialiased);
      expect(resized).toHaveLength(toWidth * toHeight);
      expect(resized.every((value) => Math.abs(value - 3) < 1e-5)).toBe(true);
    },
  );

  test.prop([fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 30 })])(
    "gives a picture back at its own size",
    (values) => {
      expect(row(values, values.length, true).map((value) => value + 0)).toEqual(
        values.map((value) => value + 0),
      );
    },
  );
});
