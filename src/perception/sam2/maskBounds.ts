import type { Box, Mask } from "../../core/image.ts";

/** @returns the smallest box about the pixels that are set; null where none is. */
export function boundsOf({ widthPx, bits }: Mask): Box | null {
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (let at = 0; at < bits.length; at++) {
    if (bits[at] === 0) continue;
    const x = at % widthPx;
    const y = Math.floor(at / widthPx);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (right < left) return null;
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The box with a margin on every side. */
export function widened({ x, y, width, height }: Box, marginPx: number): Box {
  return {
    x: x - marginPx,
    y: y - marginPx,
    width: width + 2 * marginPx,
    height: height + 2 * marginPx,
  };
}
