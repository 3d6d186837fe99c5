import { describe, expect, it } from "vitest";
import { createRgbImage } from "../../src/core/image.ts";
import { hasInk } from "../../src/perception/digitGlyphs.ts";
import { drawMarks } from "../../src/perception/marks.ts";

const grey = () => {
  const image = createRgbImage(120, 80);
  image.pixels.fill(128);
  return image;
};

describe("set-of-mark drawing", () => {
  it("leaves the given picture as it is", () => {
    const image = grey();
    drawMarks(image, Float32Array.of(60, 40));
    expect(image.pixels.every((value) => value === 128)).toBe(true);
  });

  it("marks every keypoint, at the border of the picture too", () => {
    const points = Float32Array.of(0, 0, 119, 79, 60, 40);
    const drawn = drawMarks(grey(), points);
    for (let index = 0; index < 3; index++) {
      const at = (points[2 * index + 1]! * 120 + points[2 * index]!) * 3;
      expect([...drawn.pixels.slice(at, at + 3)]).toEqual([255, 0, 200]);
    }
  });

  it("puts close keypoints' labels apart", () => {
    const alone = (x: number) => countLabelPixels(drawMarks(grey(), Float32Array.of(x, 40)).pixels);
    const together = drawMarks(grey(), Float32Array.of(50, 40, 58, 40));
    // "0" and "1" differ in ink, the plates do not: two labels side by side cover twice one plate.
    expect(countLabelPixels(together.pixels)).toBeGreaterThan(1.9 * alone(50));
  });

  it("has ten different digits", () => {
    const bitmaps = Array.from({ length: 10 }, (_, digit) =>
      Array.from({ length: 35 }, (_, at) => hasInk(digit, at % 5, Math.floor(at / 5))).join(),
    );
    expect(new Set(bitmaps).size).toBe(10);
  });
});

function countLabelPixels(pixels: Uint8Array): number {
  return pixels.filter((value, at) => at % 3 === 0 && value !== 128).length;
}
