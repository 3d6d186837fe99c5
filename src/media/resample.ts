import { DreamlogError } from "../core/errors.ts";
import { createRgbImage, type Box, type RgbImage } from "../core/image.ts";

/**
 * Means over factor × factor blocks, rounded to nearest (halves up).
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` when the size is no multiple of `factor`.
 */
export function averageDown(image: RgbImage, factor: number): RgbImage {
  const { widthPx, heightPx } = image;
  if (widthPx % factor !== 0 || heightPx % factor !== 0) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a picture whose sides are multiples of ${factor}, found ${widthPx}×${heightPx}`,
      { widthPx, heightPx, factor },
    );
  }
  const whole = { x: 0, y: 0, width: widthPx, height: heightPx };
  return cropResize(image, whole, widthPx / factor, heightPx / factor);
}

/**
 * Cuts a window out and brings it to another size: each new pixel is the mean of the area it covers,
 * pixels on its border counted by the share that is covered, rounded to nearest (halves up). All in
 * integers: equal pictures give equal pixels on every machine.
 *
 * @param window - whole pixels, inside the picture.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for another window.
 */
export function cropResize(
  image: RgbImage,
  window: Box,
  widthPx: number,
  heightPx: number = widthPx,
): RgbImage {
  checkWindow(image, window);
  const columns = coverage(window.width, widthPx);
  const rows = coverage(window.height, heightPx);
  // Weights of an axis add up to the window's extent, so sums stay below 255 · width · height < 2^53.
  const total = window.width * window.height;
  const result = createRgbImage(widthPx, heightPx);
  const rowSums = new Float64Array(widthPx * 3);
  for (let y = 0; y < heightPx; y++) {
    rowSums.fill(0);
    for (let i = rows.starts[y]!; i < rows.starts[y + 1]!; i++) {
      const source = ((window.y + rows.sources[i]!) * image.widthPx + window.x) * 3;
      addRow(image.pixels, source, columns, rows.weights[i]!, rowSums);
    }
    const out = y * widthPx * 3;
    for (let at = 0; at < rowSums.length; at++) {
      result.pixels[out + at] = Math.floor((2 * rowSums[at]! + total) / (2 * total));
    }
  }
  return result;
}

function addRow(
  pixels: Uint8Array,
  source: number,
  columns: Coverage,
  weight: number,
  sums: Float64Array,
): void {
  const { starts, sources, weights } = columns;
  for (let x = 0; x + 1 < starts.length; x++) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let i = starts[x]!; i < starts[x + 1]!; i++) {
      const at = source + sources[i]! * 3;
      const share = weights[i]!;
      red += share * pixels[at]!;
      green += share * pixels[at + 1]!;
      blue += share * pixels[at + 2]!;
    }
    sums[x * 3]! += weight * red;
    sums[x * 3 + 1]! += weight * green;
    sums[x * 3 + 2]! += weight * blue;
  }
}

/** Which source pixels each new pixel covers, and how much of each, in units of 1 / `to`. */
interface Coverage {
  /** Shape [to + 1]: where each new pixel's entries begin in the two lists. */
  readonly starts: Uint32Array;
  readonly sources: Uint32Array;
  readonly weights: Uint32Array;
}

function coverage(from: number, to: number): Coverage {
  const starts = new Uint32Array(to + 1);
  const sources: number[] = [];
  const weights: number[] = [];
  // New pixel i covers [i · from, (i + 1) · from), source pixel j covers [j · to, (j + 1) · to).
  for (let i = 0; i < to; i++) {
    const low = i * from;
    const high = low + from;
    for (let j = Math.floor(low / to); j * to < high; j++) {
      sources.push(j);
      weights.push(Math.min(high, (j + 1) * to) - Math.max(low, j * to));
    }
    starts[i + 1] = sources.length;
  }
  return { starts, sources: Uint32Array.from(sources), weights: Uint32Array.from(weights) };
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a window that is not of whole pixels inside the picture. */
export function checkWindow(image: RgbImage, window: Box): void {
  const { x, y, width, height } = window;
  const isWhole = [x, y, width, height].every((value) => Number.isInteger(value) && value >= 0);
  const isInside = x + width <= image.widthPx && y + height <= image.heightPx;
  if (isWhole && isInside && width > 0 && height > 0) return;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a window of whole pixels inside ${image.widthPx}×${image.heightPx}, found ${width}×${height} at (${x}, ${y})`,
    { window, widthPx: image.widthPx, heightPx: image.heightPx },
  );
}
