import { createRgbImage, type Box, type Mask, type RgbImage } from "../core/image.ts";

/**
 * Cuts a window out of a frame and averages it down to `sidePx` × `sidePx`. Each pixel of the crop
 * is the area average of what it covers, in exact integer arithmetic, rounded half up.
 *
 * @param object - pixels outside it become white (object-only); null keeps the full scene.
 * @param window - whole pixels, inside the frame; normally `cropWindow(camera)`.
 */
export function takeCrop(
  image: RgbImage,
  object: Mask | null,
  window: Box,
  sidePx: number,
): RgbImage {
  const columns = overlaps(window.width, sidePx);
  const rows = overlaps(window.height, sidePx);
  const crop = createRgbImage(sidePx, sidePx);
  const areaWeight = window.width * window.height;
  const halfWeight = Math.floor(areaWeight / 2);
  for (let cropY = 0; cropY < sidePx; cropY++) {
    for (let cropX = 0; cropX < sidePx; cropX++) {
      let red = halfWeight;
      let green = halfWeight;
      let blue = halfWeight;
      for (const row of rows[cropY]!) {
        const rowStart = (window.y + row.index) * image.widthPx + window.x;
        for (const column of columns[cropX]!) {
          const weight = row.weight * column.weight;
          const at = rowStart + column.index;
          const isWhite = object?.bits[at] === 0;
          red += weight * (isWhite ? 255 : image.pixels[at * 3]!);
          green += weight * (isWhite ? 255 : image.pixels[at * 3 + 1]!);
          blue += weight * (isWhite ? 255 : image.pixels[at * 3 + 2]!);
        }
      }
      const to = (cropY * sidePx + cropX) * 3;
      crop.pixels[to] = Math.floor(red / areaWeight);
      crop.pixels[to + 1] = Math.floor(green / areaWeight);
      crop.pixels[to + 2] = Math.floor(blue / areaWeight);
    }
  }
  return crop;
}

interface Overlap {
  readonly index: number;
  readonly weight: number;
}

/**
 * Along one axis, the source pixels each target pixel covers. On a ruler with `sourceCount` ×
 * `targetCount` marks a source pixel is `targetCount` long and a target pixel `sourceCount`, so
 * every overlap is a whole number and the weights of one target pixel add up to `sourceCount`.
 */
function overlaps(sourceCount: number, targetCount: number): readonly (readonly Overlap[])[] {
  return Array.from({ length: targetCount }, (_, target) => {
    const start = target * sourceCount;
    const end = start + sourceCount;
    const covered: Overlap[] = [];
    for (let index = Math.floor(start / targetCount); index * targetCount < end; index++) {
      const from = Math.max(start, index * targetCount);
      const to = Math.min(end, (index + 1) * targetCount);
      covered.push({ index, weight: to - from });
    }
    return covered;
  });
}
