import { describe, expect, it } from "vitest";
import { createMask, createRgbImage } from "../../src/core/image.ts";
import { takeCrop } from "../../src/perception/objectCrop.ts";

function colouredFrame(widthPx: number, heightPx: number) {
  const image = createRgbImage(widthPx, heightPx);
  image.pixels.forEach((_, at) => {
    image.pixels[at] = (at * 37) % 251;
  });
  return image;
}

describe("the crop", () => {
  it("is the window itself when nothing is scaled", () => {
    const image = colouredFrame(10, 8);
    const crop = takeCrop(image, null, { x: 3, y: 2, width: 4, height: 4 }, 4);
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++)
        expect([...crop.pixels.slice((y * 4 + x) * 3, (y * 4 + x) * 3 + 3)]).toEqual([
          ...image.pixels.slice(((y + 2) * 10 + x + 3) * 3, ((y + 2) * 10 + x + 3) * 3 + 3),
        ]);
  });

  it("averages by area where pixels do not divide evenly", () => {
    const image = createRgbImage(3, 3);
    image.pixels[3 * 4] = 90; // the middle pixel's red, a quarter of it under each crop pixel
    const crop = takeCrop(image, null, { x: 0, y: 0, width: 3, height: 3 }, 2);
    expect([...crop.pixels.filter((_, at) => at % 3 === 0)]).toEqual([10, 10, 10, 10]);
  });

  it("is white outside the object", () => {
    const image = createRgbImage(4, 4);
    const mask = createMask(4, 4);
    mask.bits.fill(1, 0, 8);
    const crop = takeCrop(image, mask, { x: 0, y: 0, width: 4, height: 4 }, 2);
    expect([...crop.pixels]).toEqual([0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255]);
  });

  it("keeps an even colour even at the cell's own sizes", () => {
    const image = createRgbImage(960, 540);
    image.pixels.fill(77);
    const crop = takeCrop(image, null, { x: 259, y: 49, width: 442, height: 442 }, 64);
    expect(crop.pixels.every((value) => value === 77)).toBe(true);
  });
});
