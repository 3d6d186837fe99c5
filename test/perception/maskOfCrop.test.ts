import { describe, expect, it } from "vitest";
import { cropSidePx, cropWindow, topCamera } from "../../src/core/cell.ts";
import { createRgbImage, type RgbImage } from "../../src/core/image.ts";
import { maskOfCrop } from "../../src/perception/maskOfCrop.ts";

const window = cropWindow(topCamera);

/** White, with a blue rectangle, and specks of single pixels. */
function crop(
  [left, top, width, height]: readonly [number, number, number, number],
  specks: readonly (readonly [number, number])[] = [],
): RgbImage {
  const image = createRgbImage(cropSidePx, cropSidePx);
  image.pixels.fill(255);
  const paint = (x: number, y: number) => image.pixels.set([40, 60, 160], 3 * (y * cropSidePx + x));
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) paint(x, y);
  }
  for (const [x, y] of specks) paint(x, y);
  return image;
}

function extent({ bits, widthPx }: { readonly bits: Uint8Array; readonly widthPx: number }) {
  const set = [...bits.entries()].flatMap(([at, bit]) => (bit === 1 ? [at] : []));
  const xs = set.map((at) => at % widthPx);
  const ys = set.map((at) => Math.floor(at / widthPx));
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) }; // prettier-ignore
}

describe("the mask of an object-only crop", () => {
  it("lies in the frame where the crop was cut from", () => {
    const mask = maskOfCrop(crop([0, 32, 32, 8]), window, topCamera);
    const { left, right, top, bottom } = extent(mask);
    expect(left).toBe(window.x);
    expect(right).toBeGreaterThanOrEqual(window.x + window.width / 2 - 4);
    expect(right).toBeLessThanOrEqual(window.x + window.width / 2 + 4);
    expect(top).toBeCloseTo(window.y + window.height / 2, -1);
    expect(bottom - top).toBeCloseTo((8 / cropSidePx) * window.height, -1);
  });

  it("leaves out what a dream left lying about", () => {
    const clean = maskOfCrop(crop([10, 10, 20, 5]), window, topCamera);
    const littered = maskOfCrop(crop([10, 10, 20, 5], [[60, 60], [0, 0]]), window, topCamera); // prettier-ignore
    expect(littered.bits).toEqual(clean.bits);
  });

  it("does not take noise for an object", () => {
    expect(() => maskOfCrop(crop([0, 0, 0, 0], [[5, 5]]), window, topCamera)).toThrow(
      expect.objectContaining({ code: "MASK_EMPTY" }) as Error,
    );
  });
});
