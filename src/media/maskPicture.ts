import { createRgbImage, type Mask, type RgbImage } from "../core/image.ts";

/** White where the mask is set, black elsewhere. */
export function maskPicture({ bits, widthPx, heightPx }: Mask): RgbImage {
  const picture = createRgbImage(widthPx, heightPx);
  for (let at = 0; at < bits.length; at++) picture.pixels.fill(255 * bits[at]!, 3 * at, 3 * at + 3);
  return picture;
}
