import { DreamlogError } from "../core/errors.ts";
import { createMask, type Box, type Mask, type RgbImage } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";
import { connectedComponents, setComponents, type Component } from "./connectedComponents.ts";

/** Darkest channel's distance from white from which on a pixel is the object's: half covered. */
const depthMin = 60;
/** An object of fewer pixels than this share of the crop is not there. */
const areaShareMin = 0.002;

export const cropMaskProducer: Producer = {
  component: "perception.maskOfCrop",
  version: 1,
  config: { depthMin, areaShareMin },
  model: null,
  fingerprint: null,
};

/**
 * Where an object-only crop shows the object, in pixels of the frame it was cut from: the largest
 * connected part of what is not white, for what a world model dreams is not clean, and keypoints that
 * are spread as far as they go would sit on every speck.
 *
 * @param crop - square, object on white.
 * @param window - the square of the frame that the crop shows.
 * @throws {DreamlogError} `MASK_EMPTY` when the crop shows no object.
 */
export function maskOfCrop(
  crop: RgbImage,
  window: Box,
  frame: { readonly widthPx: number; readonly heightPx: number },
): Mask {
  const object = largestPart(crop);
  const mask = createMask(frame.widthPx, frame.heightPx);
  const scale = crop.widthPx / window.width;
  for (let y = 0; y < window.height; y++) {
    const row = Math.floor((y + 0.5) * scale) * crop.widthPx;
    for (let x = 0; x < window.width; x++) {
      const at = (window.y + y) * frame.widthPx + window.x + x;
      mask.bits[at] = object[row + Math.floor((x + 0.5) * scale)]!;
    }
  }
  return mask;
}

/** @returns by pixel of the crop: 1 in the largest part of the object. */
function largestPart({ widthPx, heightPx, pixels }: RgbImage): Uint8Array {
  const bits = Uint8Array.from({ length: widthPx * heightPx }, (_, at) => {
    const darkest = Math.min(pixels[3 * at]!, pixels[3 * at + 1]!, pixels[3 * at + 2]!);
    return 255 - darkest >= depthMin ? 1 : 0;
  });
  // Of several that are as large, the one that comes first.
  const largest = connectedComponents(bits, widthPx).reduce<Component>(
    (found, each) => (each.areaPx > found.areaPx ? each : found),
    { areaPx: 0, runs: [] },
  );
  const largestPx = largest.areaPx;
  const areaMinPx = areaShareMin * widthPx * heightPx;
  if (largestPx < areaMinPx) {
    throw new DreamlogError(
      "MASK_EMPTY",
      `expected an object of at least ${areaMinPx} pixels in the crop, found ${largestPx}; the dream may have lost it: go on from an earlier observation`,
      { areaPx: largestPx, areaMinPx },
    );
  }
  bits.fill(0);
  setComponents(bits, [largest]);
  return bits;
}
