import type { PixelPoint, RgbImage } from "../core/image.ts";
import { createFieldRoom, distanceField, type FieldRoom } from "./distanceField.ts";

/** Darkest channel's distance from white up to which a pixel is white: a dream's ground is not clean. */
const noiseDepth = 20;
/** Darkest channel's distance from white at which a pixel counts as wholly covered by the object. */
const fullDepth = 100;
/** Coverages at which the object's border is drawn for distances to it. */
const borderLevels = [0.25, 0.5, 0.75] as const;

/**
 * Where an object-only picture shows the object, by degrees: a world model that is unsure blurs,
 * and what it blurs counts in part.
 */
export interface SoftShape {
  readonly sidePx: number;
  /** Row-major, 0 (white) to 1 (object). */
  readonly coverage: Float64Array;
  /** Sum of the coverage, pixels. */
  readonly areaPx: number;
  /** By pixel: distance to the object, averaged over the borders of `borderLevels`; pixels. */
  readonly distances: Float64Array;
}

/**
 * @param image - square, object on white.
 * @param room - of the image's size; what it held is gone.
 */
export function softShapeOf(
  image: RgbImage,
  room: FieldRoom = createFieldRoom(image.widthPx),
): SoftShape {
  const sidePx = image.widthPx;
  const { pixels } = image;
  const coverage = new Float64Array(sidePx * sidePx);
  let areaPx = 0;
  let peak = 0;
  for (let at = 0; at < coverage.length; at++) {
    const darkest = Math.min(pixels[3 * at]!, pixels[3 * at + 1]!, pixels[3 * at + 2]!);
    const depth = (255 - darkest - noiseDepth) / (fullDepth - noiseDepth);
    const covered = Math.max(0, Math.min(1, depth));
    coverage[at] = covered;
    areaPx += covered;
    peak = Math.max(peak, covered);
  }
  const distances = new Float64Array(coverage.length);
  const isInside = new Uint8Array(coverage.length);
  for (const level of borderLevels) {
    // Relative to the peak, so that a faint picture still has every border.
    for (let at = 0; at < coverage.length; at++) {
      isInside[at] = peak > 0 && coverage[at]! >= level * peak ? 1 : 0;
    }
    const field = distanceField(isInside, sidePx, room);
    for (let at = 0; at < distances.length; at++) {
      distances[at]! += field[at]! / borderLevels.length;
    }
  }
  return { sidePx, coverage, areaPx, distances };
}

/**
 * Symmetric Chamfer distance: how far a covered pixel of one is from the other on average, averaged
 * over both directions; pixels. 0 for equal sharp shapes, blind to which part lies where.
 */
export function chamferDistancePx(a: SoftShape, b: SoftShape): number {
  return (meanDistance(a, b) + meanDistance(b, a)) / 2;
}

/**
 * Modified Hausdorff distance (Dubuisson and Jain 1994): the worse of both directions instead of
 * their mean, so that a part missing on one side is not averaged away; pixels.
 */
export function modifiedHausdorffDistancePx(a: SoftShape, b: SoftShape): number {
  return Math.max(meanDistance(a, b), meanDistance(b, a));
}

/** Distance between the centres of what is covered, pixels: sees the place and nothing of the shape. */
export function centroidDistancePx(a: SoftShape, b: SoftShape): number {
  const [from, to] = [centroid(a), centroid(b)];
  const dx = from.x - to.x;
  const dy = from.y - to.y;
  return Math.sqrt(dx * dx + dy * dy);
}

function centroid({ coverage, sidePx, areaPx }: SoftShape): PixelPoint {
  let x = 0;
  let y = 0;
  for (let at = 0; at < coverage.length; at++) {
    x += coverage[at]! * (at % sidePx);
    y += coverage[at]! * Math.floor(at / sidePx);
  }
  return { x: x / areaPx, y: y / areaPx };
}

function meanDistance(from: SoftShape, to: SoftShape): number {
  let sum = 0;
  for (let at = 0; at < from.coverage.length; at++) {
    const covered = from.coverage[at]!;
    if (covered > 0) sum += covered * to.distances[at]!;
  }
  return sum / from.areaPx;
}

/** Mean colour difference where both show the object, 0 to 1; 0 where they do not meet. */
export function colourDifference(a: RgbImage, b: RgbImage, shapes: [SoftShape, SoftShape]): number {
  const [shapeA, shapeB] = shapes;
  let sum = 0;
  let weight = 0;
  for (let at = 0; at < shapeA.coverage.length; at++) {
    const both = Math.min(shapeA.coverage[at]!, shapeB.coverage[at]!);
    if (both === 0) continue;
    weight += both;
    for (let channel = 3 * at; channel < 3 * at + 3; channel++) {
      sum += both * Math.abs(a.pixels[channel]! - b.pixels[channel]!);
    }
  }
  return weight === 0 ? 0 : sum / (weight * 3 * 255);
}
