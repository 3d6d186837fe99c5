import type { Box, RgbImage } from "../core/image.ts";
import { createRgbImage } from "../core/image.ts";

/** The largest square in the middle of a picture: where `letterbox` puts one. */
export function centreSquare(size: { readonly widthPx: number; readonly heightPx: number }): Box {
  const side = Math.min(size.widthPx, size.heightPx);
  return {
    x: Math.floor((size.widthPx - side) / 2),
    y: Math.floor((size.heightPx - side) / 2),
    width: side,
    height: side,
  };
}

/**
 * Puts a square picture in the middle of another size.
 *
 * @param square - of the side of `centreSquare(size)`.
 * @param ground - 0 (black) to 255 (white), beside it.
 */
export function letterbox(
  square: RgbImage,
  size: { readonly widthPx: number; readonly heightPx: number },
  ground: number,
): RgbImage {
  const { x, y, width, height } = centreSquare(size);
  if (width === size.widthPx && height === size.heightPx) return square;
  const image = createRgbImage(size.widthPx, size.heightPx);
  image.pixels.fill(ground);
  for (let row = 0; row < height; row++) {
    const line = square.pixels.subarray(3 * row * width, 3 * (row + 1) * width);
    image.pixels.set(line, 3 * ((y + row) * size.widthPx + x));
  }
  return image;
}
