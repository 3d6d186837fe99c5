import { DreamlogError } from "../core/errors.ts";
import { createMask, type Box, type Mask, type RgbImage } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import { boxSums } from "./boxFilter.ts";
import { colourBin, colourBinCount, learnObjectColours } from "./colourModel.ts";
import { labelComponents } from "./connectedComponents.ts";

/** What the segmenter remembers of the frame with the box. */
export interface ColourMemory {
  /** Shape [colourBinCount]: posterior of the object given the colour, 0 to 255. */
  readonly objectColours: Uint8Array;
  /** Pixels of the object in the first frame. */
  readonly areaPx: number;
}

/** Half the side of the square over which neighbouring posteriors are averaged, pixels. */
const smoothingRadiusPx = 1;
/** Components smaller than this share of the object's first area are specks. */
const speckShare = 0.01;
/** Fewest pixels that can be an object. */
const areaMinPx = 64;

const producer: Producer = {
  component: "perception.colourSegmenter",
  version: 1,
  config: { colourBinCount, smoothingRadiusPx, speckShare },
  model: null,
  fingerprint: null,
};

/**
 * Segmenter without learned weights: a box in the first frame tells object colours from background
 * colours (table and arms), each further frame is classified by them. Posteriors are averaged over
 * a small square and specks dropped; an object that a hand covers in the middle keeps its parts.
 *
 * It remembers colours only, not places: every frame is segmented from the first frame's memory
 * alike, whatever happened in between. Exact on every machine.
 */
export function createColourSegmenter(): Segmenter<ColourMemory> {
  return {
    producer,
    begin: async (frame, box) => Promise.resolve(begin(frame, box)),
    propagate: async (frame, memory) => {
      const bits = classify(frame, memory.objectColours);
      const mask = withoutSpecks(frame, bits, Math.max(areaMinPx, memory.areaPx * speckShare));
      return Promise.resolve({ mask: nonEmpty(mask), memory });
    },
  };
}

function begin(frame: RgbImage, box: Box): { readonly mask: Mask; readonly memory: ColourMemory } {
  const objectColours = learnObjectColours(frame, box);
  const bits = classify(frame, objectColours);
  clearOutside(bits, frame.widthPx, box);
  const largestPx = Math.max(...labelComponents(bits, frame.widthPx).areasPx);
  const mask = nonEmpty(withoutSpecks(frame, bits, Math.max(areaMinPx, largestPx * speckShare)));
  const areaPx = mask.bits.reduce((sum, bit) => sum + bit, 0);
  return { mask, memory: { objectColours, areaPx } };
}

/** @returns row-major, 1 where the averaged posterior of the object is above one half. */
function classify(frame: RgbImage, objectColours: Uint8Array): Uint8Array {
  const { widthPx, heightPx, pixels } = frame;
  const posteriors = new Uint8Array(widthPx * heightPx);
  for (let at = 0, channel = 0; at < posteriors.length; at++, channel += 3) {
    posteriors[at] =
      objectColours[colourBin(pixels[channel]!, pixels[channel + 1]!, pixels[channel + 2]!)]!;
  }
  const squarePx = (2 * smoothingRadiusPx + 1) ** 2;
  const sums = boxSums(posteriors, widthPx, heightPx, smoothingRadiusPx);
  const threshold = (squarePx * 255) / 2;
  const bits = new Uint8Array(sums.length);
  for (let at = 0; at < sums.length; at++) bits[at] = sums[at]! > threshold ? 1 : 0;
  return bits;
}

function clearOutside(bits: Uint8Array, widthPx: number, box: Box): void {
  for (let at = 0; at < bits.length; at++) {
    const x = at % widthPx;
    const y = Math.floor(at / widthPx);
    if (x < box.x || x >= box.x + box.width || y < box.y || y >= box.y + box.height) bits[at] = 0;
  }
}

function withoutSpecks(frame: RgbImage, bits: Uint8Array, areaKeptMinPx: number): Mask {
  const { labels, areasPx } = labelComponents(bits, frame.widthPx);
  const mask = createMask(frame.widthPx, frame.heightPx);
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]!;
    if (label > 0 && areasPx[label]! >= areaKeptMinPx) mask.bits[at] = 1;
  }
  return mask;
}

function nonEmpty(mask: Mask): Mask {
  if (mask.bits.includes(1)) return mask;
  throw new DreamlogError(
    "MASK_EMPTY",
    `expected at least ${areaMinPx} pixels in colours of the object, found none; draw the box round the whole object with some table about it, or uncover the object`,
    { areaMinPx },
  );
}
