import { DreamlogError } from "./errors.ts";
import { createMask, type Mask } from "./image.ts";

/** A mask as the log holds it (`MaskSchema`): run lengths in row-major order, zeros first. */
export interface MaskRuns {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Pixels that are set. */
  readonly areaPx: number;
  /** Lengths of alternating runs of 0 and 1; the first, of zeros, may be empty. They cover the picture. */
  readonly runs: Uint32Array;
}

/** @returns the only run-length encoding of `mask`: no run but the first is empty. */
export function encodeMask(mask: Mask): MaskRuns {
  const { widthPx, heightPx, bits } = mask;
  const runs: number[] = [];
  let areaPx = 0;
  for (let start = 0, value = 0; start < bits.length || runs.length === 0; value = 1 - value) {
    const next = bits.indexOf(1 - value, start);
    const end = next < 0 ? bits.length : next;
    runs.push(end - start);
    if (value === 1) areaPx += end - start;
    start = end;
  }
  return { widthPx, heightPx, areaPx, runs: Uint32Array.from(runs) };
}

/** @throws {DreamlogError} `IMAGE_INVALID` when the runs do not cover the picture or set `areaPx` pixels. */
export function decodeMask(encoded: MaskRuns): Mask {
  const { widthPx, heightPx, areaPx, runs } = encoded;
  const bits = new Uint8Array(widthPx * heightPx);
  let at = 0;
  let setPx = 0;
  runs.forEach((length, index) => {
    if (index % 2 === 1) {
      bits.fill(1, at, at + length);
      setPx += length;
    }
    at += length;
  });
  if (at !== bits.length || setPx !== areaPx) {
    throw new DreamlogError(
      "IMAGE_INVALID",
      `expected runs over ${bits.length} pixels with ${areaPx} set, found ${at} with ${setPx}; the mask's event is damaged`,
      { widthPx, heightPx, areaPx, coveredPx: at, setPx },
    );
  }
  return createMask(widthPx, heightPx, bits);
}
