import type { Mask } from "../../core/image.ts";

/** @returns intersection over union of two masks of one size, 0 to 1; 0 when both are empty. */
export function maskOverlap(one: Mask, other: Mask): number {
  let both = 0;
  let either = 0;
  for (const [at, bit] of one.bits.entries()) {
    const otherBit = other.bits[at]!;
    both += bit & otherBit;
    either += bit | otherBit;
  }
  return either === 0 ? 0 : both / either;
}
