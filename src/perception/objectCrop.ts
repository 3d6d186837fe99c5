import { createRgbImage, type Box, type Mask, type RgbImage } from "../core/image.ts";
import { checkWindow, cropResize } from "../media/resample.ts";

/**
 * Cuts a window out of a frame and averages it down to `sidePx` × `sidePx` by area, in exact integer
 * arithmetic.
 *
 * @param object - pixels outside it become white (object-only); null keeps the full scene.
 * @param window - whole pixels, inside the frame; normally `cropWindow(camera)`.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for another window.
 */
export function takeCrop(
  image: RgbImage,
  object: Mask | null,
  window: Box,
  sidePx: number,
): RgbImage {
  checkWindow(image, window);
  if (object === null) return cropResize(image, window, sidePx);
  const whole = { x: 0, y: 0, width: window.width, height: window.height };
  return cropResize(onWhite(image, object, window), whole, sidePx);
}

/** The window alone, run by run of the object's pixels. */
function onWhite(image: RgbImage, object: Mask, { x, y, width, height }: Box): RgbImage {
  const white = createRgbImage(width, height);
  white.pixels.fill(255);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * image.widthPx + x;
    const to = row * width;
    const bits = object.bits.subarray(from, from + width);
    for (let start = bits.indexOf(1); start >= 0;) {
      const unset = bits.indexOf(0, start);
      const end = unset < 0 ? width : unset;
      const run = image.pixels.subarray(3 * (from + start), 3 * (from + end));
      white.pixels.set(run, 3 * (to + start));
      start = bits.indexOf(1, end);
    }
  }
  return white;
}
