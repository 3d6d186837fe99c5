import {
  createMask,
  createRgbImage,
  type Box,
  type Mask,
  type RgbImage,
} from "../../src/core/image.ts";
import { createRandom } from "../../src/core/random.ts";

export const scenePx = { width: 320, height: 180 };

type Rgb = readonly [number, number, number];
/** Colour of the object at a pixel, or null where it is not. */
type Paint = (x: number, y: number) => Rgb | null;

/** Wooden table with grain and noise, a light arm with dark joints from the left, and one object. */
export function paintScene(
  object: Paint,
  armTipX = 50,
  seed = 1,
): { image: RgbImage; truth: Mask } {
  const { width, height } = scenePx;
  const random = createRandom(seed);
  const image = createRgbImage(width, height);
  const truth = createMask(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grain = ((y * 7 + Math.floor(x / 9)) % 13) * 2 + random.index(9);
      const wood: Rgb = [150 + grain, 110 + grain, 70 + grain];
      const isArm = x < armTipX && Math.abs(y - 90) < 18;
      const shade = 225 - Math.abs(y - 90) * 2 + random.index(5);
      const joint: Rgb = [45, 46, 50];
      const arm = x % 40 < 8 ? joint : ([shade, shade, shade] as const);
      const painted = object(x, y);
      if (painted !== null && !isArm) truth.bits[y * width + x] = 1;
      image.pixels.set(isArm ? arm : (painted ?? wood), (y * width + x) * 3);
    }
  }
  return { image, truth };
}

/** A red and white rope of 9 px along a bow. */
export const rope: Paint = (x, y) => {
  if (x < 90 || x > 290) return null;
  const bowY = 60 + ((x - 190) * (x - 190)) / 200;
  if (Math.abs(y - bowY) > 4.5) return null;
  return Math.floor(x / 8) % 2 === 0 ? [190, 40, 45] : [235, 225, 215];
};

/** A blue checked cloth; `isTurned` shows its orange back on the right half. */
export const cloth =
  (isTurned: boolean): Paint =>
  (x, y) => {
    if (x < 130 || x >= 230 || y < 40 || y >= 140) return null;
    if (isTurned && x >= 180) return [225, 130, 40];
    return (Math.floor(x / 6) + Math.floor(y / 6)) % 2 === 0 ? [50, 80, 170] : [90, 120, 205];
  };

export function boundingBox(mask: Mask, marginPx: number): Box {
  let [left, top, right, bottom] = [mask.widthPx, mask.heightPx, -1, -1];
  mask.bits.forEach((bit, at) => {
    if (bit === 0) return;
    const x = at % mask.widthPx;
    const y = Math.floor(at / mask.widthPx);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  return {
    x: left - marginPx,
    y: top - marginPx,
    width: right - left + 1 + 2 * marginPx,
    height: bottom - top + 1 + 2 * marginPx,
  };
}

export function intersectionOverUnion(a: Mask, b: Mask): number {
  let both = 0;
  let either = 0;
  a.bits.forEach((bit, at) => {
    both += bit & b.bits[at]!;
    either += bit | b.bits[at]!;
  });
  return either === 0 ? 1 : both / either;
}
