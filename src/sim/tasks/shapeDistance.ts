import { shapeCellM, shapeCells, type VisibleShape } from "./visibleShape.ts";

/** A shape and, for every cell, the squared distance to the shape's nearest cell, in cells. */
export interface ShapeField {
  readonly shape: VisibleShape;
  readonly squaredDistances: Float64Array;
}

const far = 1e9;

/** Exact Euclidean distance transform (Felzenszwalb and Huttenlocher 2012): columns, then rows. */
export function shapeField(shape: VisibleShape): ShapeField {
  const squaredDistances = new Float64Array(shape.length);
  for (let cell = 0; cell < shape.length; cell++)
    squaredDistances[cell] = shape[cell] === 1 ? 0 : far;
  const line = new Float64Array(shapeCells);
  const apexes = new Int32Array(shapeCells);
  const bounds = new Float64Array(shapeCells + 1);
  for (let column = 0; column < shapeCells; column++) {
    transformLine(squaredDistances, column, shapeCells, line, apexes, bounds);
  }
  for (let row = 0; row < shapeCells; row++) {
    transformLine(squaredDistances, row * shapeCells, 1, line, apexes, bounds);
  }
  return { shape, squaredDistances };
}

/** Lower envelope of the parabolas over one row or column of the grid, in place. */
function transformLine(
  values: Float64Array,
  first: number,
  stride: number,
  line: Float64Array,
  apexes: Int32Array,
  bounds: Float64Array,
): void {
  for (let at = 0; at < shapeCells; at++) line[at] = values[first + at * stride]!;
  let last = 0;
  apexes[0] = 0;
  bounds[0] = -Infinity;
  bounds[1] = Infinity;
  for (let at = 1; at < shapeCells; at++) {
    let crossing = crossingOf(line, apexes[last]!, at);
    while (crossing <= bounds[last]!) {
      last--;
      crossing = crossingOf(line, apexes[last]!, at);
    }
    last++;
    apexes[last] = at;
    bounds[last] = crossing;
    bounds[last + 1] = Infinity;
  }
  for (let at = 0, piece = 0; at < shapeCells; at++) {
    while (bounds[piece + 1]! < at) piece++;
    const apex = apexes[piece]!;
    values[first + at * stride] = (at - apex) * (at - apex) + line[apex]!;
  }
}

/** Where the parabola about `b` drops below the one about `a`, a < b. */
function crossingOf(line: Float64Array, a: number, b: number): number {
  return (line[b]! + b * b - (line[a]! + a * a)) / (2 * (b - a));
}

/**
 * Modified Hausdorff distance of two shapes as areas (Dubuisson and Jain 1994): the mean distance from a
 * cell of one to the nearest cell of the other, in the worse of both directions. 0 for equal shapes;
 * blind to which particle lies where. The mean of both directions would forgive a fold, whose area is
 * missing in one direction only.
 *
 * @returns metres; Infinity when one of them is empty.
 */
export function modifiedHausdorffDistance(a: ShapeField, b: ShapeField): number {
  return Math.max(meanDistance(a.shape, b), meanDistance(b.shape, a));
}

function meanDistance(from: VisibleShape, to: ShapeField): number {
  let sum = 0;
  let count = 0;
  for (let cell = 0; cell < from.length; cell++) {
    if (from[cell] === 0) continue;
    sum += Math.sqrt(to.squaredDistances[cell]!);
    count++;
  }
  return count === 0 || sum >= far ? Infinity : (sum / count) * shapeCellM;
}
