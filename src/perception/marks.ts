import { createRgbImage, type Box, type RgbImage } from "../core/image.ts";
import { glyphHeightPx, glyphWidthPx, hasInk } from "./digitGlyphs.ts";

type Rgb = readonly [number, number, number];

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];
const markColor: Rgb = [255, 0, 200];

const dotRadiusPx = 4;
/** Digits are drawn in squares of so many pixels. */
const glyphScale = 2;
const labelMarginPx = 2;
const digitStepPx = (glyphWidthPx + 1) * glyphScale;
const labelHeightPx = glyphHeightPx * glyphScale + 2 * labelMarginPx;

/** Where a label may stand against its dot, best first: offsets in label sizes. */
const directions: readonly (readonly [number, number])[] = [
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
  [0, -1],
  [0, 1],
  [1, 0],
  [-1, 0],
];

/**
 * Draws keypoints for a planner that looks at pictures (set-of-mark prompting): a dot on each and
 * its zero-based number beside it, the number its answer has to name. Labels keep clear of dots and
 * of one another where there is room.
 *
 * @param points - shape [count, 2], pixels (x, y).
 * @returns a new picture; `image` stays as it is.
 */
export function drawMarks(image: RgbImage, points: Float32Array): RgbImage {
  const drawn = createRgbImage(image.widthPx, image.heightPx, image.pixels.slice());
  const count = points.length / 2;
  const dots = Array.from({ length: count }, (_, index) => ({
    x: Math.round(points[2 * index]!),
    y: Math.round(points[2 * index + 1]!),
  }));
  const taken: Box[] = dots.map(({ x, y }) => squareAbout(x, y, dotRadiusPx + 1));
  for (const { x, y } of dots) drawDot(drawn, x, y);
  dots.forEach(({ x, y }, number) => {
    const label = placeLabel(drawn, x, y, labelWidthPx(number), taken);
    taken.push(grown(label, 2));
    drawLabel(drawn, label, number);
  });
  return drawn;
}

function labelWidthPx(number: number): number {
  return String(number).length * digitStepPx - glyphScale + 2 * labelMarginPx;
}

function squareAbout(x: number, y: number, radiusPx: number): Box {
  return { x: x - radiusPx, y: y - radiusPx, width: 2 * radiusPx + 1, height: 2 * radiusPx + 1 };
}

function grown(box: Box, marginPx: number): Box {
  return {
    x: box.x - marginPx,
    y: box.y - marginPx,
    width: box.width + 2 * marginPx,
    height: box.height + 2 * marginPx,
  };
}

/** The first place inside the picture that overlaps nothing, or the one that overlaps least. */
function placeLabel(
  image: RgbImage,
  x: number,
  y: number,
  widthPx: number,
  taken: readonly Box[],
): Box {
  const gap = dotRadiusPx + 2;
  const places = [1, 3].flatMap((distance) =>
    directions.map(([right, down]): Box => ({
      x: Math.round(x + right * gap * distance + ((right - 1) * widthPx) / 2),
      y: Math.round(y + down * gap * distance + ((down - 1) * labelHeightPx) / 2),
      width: widthPx,
      height: labelHeightPx,
    })),
  );
  const costs = places.map((place) => {
    const overlapPx = taken.reduce((total, other) => total + overlapArea(place, other), 0);
    const outsidePx =
      place.width * place.height -
      overlapArea(place, { x: 0, y: 0, width: image.widthPx, height: image.heightPx });
    return overlapPx + 4 * outsidePx;
  });
  return places[costs.indexOf(Math.min(...costs))]!;
}

function overlapArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/** A magenta dot with a white and a black ring: visible on every ground. */
function drawDot(image: RgbImage, centreX: number, centreY: number): void {
  const outer = dotRadiusPx + 1;
  for (let dy = -outer; dy <= outer; dy++) {
    for (let dx = -outer; dx <= outer; dx++) {
      const squared = dx * dx + dy * dy;
      if (squared > outer * outer) continue;
      const color = squared <= 4 ? markColor : squared <= dotRadiusPx ** 2 ? white : black;
      setPixel(image, centreX + dx, centreY + dy, color);
    }
  }
}

/** White digits on a black plate. */
function drawLabel(image: RgbImage, label: Box, number: number): void {
  for (let y = 0; y < label.height; y++)
    for (let x = 0; x < label.width; x++) setPixel(image, label.x + x, label.y + y, black);
  Array.from(String(number)).forEach((digit, position) => {
    const left = label.x + labelMarginPx + position * digitStepPx;
    for (let y = 0; y < glyphHeightPx * glyphScale; y++) {
      for (let x = 0; x < glyphWidthPx * glyphScale; x++) {
        if (!hasInk(Number(digit), Math.floor(x / glyphScale), Math.floor(y / glyphScale)))
          continue;
        setPixel(image, left + x, label.y + labelMarginPx + y, white);
      }
    }
  });
}

function setPixel(image: RgbImage, x: number, y: number, color: Rgb): void {
  if (x < 0 || y < 0 || x >= image.widthPx || y >= image.heightPx) return;
  image.pixels.set(color, (y * image.widthPx + x) * 3);
}
