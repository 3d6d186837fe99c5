import { DreamlogError } from "../core/errors.ts";
import { createMask, type Box, type Mask, type RgbImage } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import { boxSumsByRow } from "./boxFilter.ts";
import { colourBin, colourBinCount, learnObjectColours } from "./colourModel.ts";
import { connectedComponents, setComponents, type Component } from "./connectedComponents.ts";

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
      const components = connectedComponents(bits, frame.widthPx);
      const areaKeptMinPx = Math.max(areaMinPx, memory.areaPx * speckShare);
      const { mask } = withoutSpecks(frame, components, areaKeptMinPx);
      return Promise.resolve({ mask, memory });
    },
  };
}

function begin(frame: RgbImage, box: Box): { readonly mask: Mask; readonly memory: ColourMemory } {
  const objectColours = learnObjectColours(frame, box);
  const bits = classify(frame, objectColours);
  clearOutside(bits, frame.widthPx, box);
  const components = connectedComponents(bits, frame.widthPx);
  const largestPx = components.reduce((largest, { areaPx }) => Math.max(largest, areaPx), 0);
  const areaKeptMinPx = Math.max(areaMinPx, largestPx * speckShare);
  const { mask, areaPx } = withoutSpecks(frame, components, areaKeptMinPx);
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
  const threshold = (squarePx * 255) / 2;
  const bits = new Uint8Array(posteriors.length);
  boxSumsByRow(posteriors, widthPx, heightPx, smoothingRadiusPx, (sums, y) => {
    const row = y * widthPx;
    for (let x = 0; x < widthPx; x++) bits[row + x] = sums[x]! > threshold ? 1 : 0;
  });
  return bits;
}

function clearOutside(bits: Uint8Array, widthPx: number, box: Box): void {
  const right = box.x + box.width;
  for (let row = 0, y = 0; row < bits.length; row += widthPx, y++) {
    if (y < box.y || y >= box.y + box.height) bits.fill(0, row, row + widthPx);
    else {
      bits.fill(0, row, row + Math.max(0, box.x));
      bits.fill(0, row + Math.max(0, Math.min(widthPx, right)), row + widthPx);
    }
  }
}

/**
 * The components that are large enough, and how many pixels they have.
 *
 * @throws {DreamlogError} `MASK_EMPTY` when none is.
 */
function withoutSpecks(
  { widthPx, heightPx }: RgbImage,
  components: readonly Component[],
  areaKeptMinPx: number,
): { readonly mask: Mask; readonly areaPx: number } {
  const kept = components.filter(({ areaPx }) => areaPx >= areaKeptMinPx);
  if (kept.length === 0) {
    throw new DreamlogError(
      "MASK_EMPTY",
      `expected at least ${areaMinPx} pixels in colours of the object, found none; draw the box round the whole object with some table about it, or uncover the object`,
      { areaMinPx },
    );
  }
  const mask = createMask(widthPx, heightPx);
  setComponents(mask.bits, kept);
  return { mask, areaPx: kept.reduce((sum, { areaPx }) => sum + areaPx, 0) };
}
