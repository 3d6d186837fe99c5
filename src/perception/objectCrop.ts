import { createRgbImage, type Box, type Mask, type RgbImage } from "../core/image.ts";
import { cropResize } from "../media/resample.ts";

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
  return cropResize(object === null ? image : onWhite(image, object), window, sidePx);
}

function onWhite(image: RgbImage, object: Mask): RgbImage {
  const white = createRgbImage(image.widthPx, image.heightPx);
  white.pixels.fill(255);
  for (let at = 0; at < object.bits.length; at++) {
    if (object.bits[at] === 0) continue;
    white.pixels[3 * at] = image.pixels[3 * at]!;
    white.pixels[3 * at + 1] = image.pixels[3 * at + 1]!;
    white.pixels[3 * at + 2] = image.pixels[3 * at + 2]!;
  }
  return white;
}
