import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { createRgbImage, type RgbImage } from "../../src/core/image.ts";
import { stackFrames, unstackFrames } from "../../src/media/frameStack.ts";
import { averageDown, cropResize } from "../../src/media/resample.ts";

const pictureOf = (widthPx: number, heightPx: number): fc.Arbitrary<RgbImage> =>
  fc
    .uint8Array({ minLength: widthPx * heightPx * 3, maxLength: widthPx * heightPx * 3 })
    .map((pixels) => createRgbImage(widthPx, heightPx, pixels));

test.prop([pictureOf(9, 7), fc.integer({ min: 1, max: 20 })])(
  "resizing keeps the mean brightness to within rounding",
  (image, sidePx) => {
    const whole = { x: 0, y: 0, width: 9, height: 7 };
    const mean = (pixels: Uint8Array) => pixels.reduce((sum, v) => sum + v, 0) / pixels.length;
    const resized = cropResize(image, whole, sidePx);
    expect(Math.abs(mean(resized.pixels) - mean(image.pixels))).toBeLessThanOrEqual(0.51);
  },
);

test.prop([pictureOf(12, 12), fc.nat({ max: 6 }), fc.nat({ max: 6 })])(
  "a window at its own size is the window",
  (image, x, y) => {
    const cut = cropResize(image, { x, y, width: 5, height: 6 }, 5, 6);
    for (let row = 0; row < 6; row++) {
      const from = ((y + row) * 12 + x) * 3;
      expect(cut.pixels.slice(row * 15, row * 15 + 15)).toEqual(
        image.pixels.slice(from, from + 15),
      );
    }
  },
);

describe("cropResize", () => {
  it("counts a pixel on the border by its covered share", () => {
    const image = createRgbImage(3, 1, Uint8Array.from([0, 0, 0, 90, 90, 90, 30, 30, 30]));
    const resized = cropResize(image, { x: 0, y: 0, width: 3, height: 1 }, 2, 1);
    // (0 · 1 + 90 · ½) / 1½ = 30 and (90 · ½ + 30 · 1) / 1½ = 50
    expect([...resized.pixels]).toEqual([30, 30, 30, 50, 50, 50]);
  });

  it.each([
    { x: -1, y: 0, width: 2, height: 2 },
    { x: 0, y: 0, width: 4, height: 2 },
    { x: 0.5, y: 0, width: 2, height: 2 },
    { x: 0, y: 0, width: 0, height: 2 },
  ])("refuses the window $width×$height at ($x, $y) of a 3×3 picture", (window) => {
    expect(() => cropResize(createRgbImage(3, 3), window, 2)).toThrow(/inside 3×3/);
  });
});

describe("averageDown", () => {
  it("rounds halves up", () => {
    const image = createRgbImage(2, 2, Uint8Array.from([1, 2, 3, 2, 3, 4, 1, 2, 3, 2, 3, 4]));
    expect([...averageDown(image, 2).pixels]).toEqual([2, 3, 4]);
  });

  it("refuses a size that is no multiple", () => {
    expect(() => averageDown(createRgbImage(5, 4), 2)).toThrow(/multiples of 2/);
  });
});

describe("stacked frames", () => {
  it("come apart as they were put together", () => {
    const frames = [1, 2, 3].map((value) => new Uint8Array(4 * 2 * 3).fill(value));
    const video = { widthPx: 4, heightPx: 2, fps: 3, frames };
    const stack = stackFrames(video);
    expect([stack.widthPx, stack.heightPx]).toEqual([4, 6]);
    expect(unstackFrames(stack, 2, 3)).toEqual(video);
    expect(() => unstackFrames(stack, 4, 3)).toThrow(/frames 4 pixels high/);
  });
});
