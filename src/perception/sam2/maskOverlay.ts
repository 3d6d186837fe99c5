import { createRgbImage, type Box, type Mask, type RgbImage } from "../../core/image.ts";

const maskColour = [0, 230, 120];
const boxColour = [255, 210, 0];

/** The picture with the mask tinted, and the box that was the prompt drawn about it. */
export function drawMaskOverlay(image: RgbImage, mask: Mask, box: Box): RgbImage {
  const { widthPx, heightPx } = image;
  const drawn = createRgbImage(widthPx, heightPx, image.pixels.slice());
  for (let at = 0; at < mask.bits.length; at++) {
    const x = at % widthPx;
    const y = Math.floor(at / widthPx);
    const colour = isOnBorder(box, x, y) ? boxColour : mask.bits[at] === 1 ? maskColour : null;
    if (colour === null) continue;
    for (let channel = 0; channel < 3; channel++) {
      const sample = 3 * at + channel;
      drawn.pixels[sample] = (drawn.pixels[sample]! + 2 * colour[channel]!) / 3;
    }
  }
  return drawn;
}

function isOnBorder({ x, y, width, height }: Box, atX: number, atY: number): boolean {
  const isWithin = atX >= x && atX < x + width && atY >= y && atY < y + height;
  return isWithin && (atX === x || atX === x + width - 1 || atY === y || atY === y + height - 1);
}
