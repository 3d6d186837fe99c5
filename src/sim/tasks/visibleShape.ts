import type { SimObject } from "../objects/simObject.ts";

/** Side of the square of table that shapes are compared on, centred on the world origin, metres. */
export const shapeSideM = 0.8;
export const shapeCellM = 0.005;
export const shapeCells = 160;

/**
 * What of the table an object hides, seen from straight above: one byte a cell of `shapeCellM`,
 * row-major, 1 where hidden; x along columns, y along rows, both from −`shapeSideM` / 2.
 */
export type VisibleShape = Uint8Array;

/** @param positions - of the object's particles, shape [particleCount, 3], world metres. */
export function visibleShape(object: SimObject, positions: Float64Array): VisibleShape {
  const shape = new Uint8Array(shapeCells * shapeCells);
  const { capsules, triangles } = object;
  for (let at = 0; at < capsules.length; at += 2) {
    fillCapsule(shape, positions, capsules[at]! * 3, capsules[at + 1]! * 3, object.capsuleRadiusM);
  }
  for (let at = 0; at < triangles.length; at += 3) {
    fillTriangle(
      shape,
      positions,
      triangles[at]! * 3,
      triangles[at + 1]! * 3,
      triangles[at + 2]! * 3,
    );
  }
  return shape;
}

/** Centre of a cell's row or column, metres. */
function centreOf(cell: number): number {
  return (cell + 0.5) * shapeCellM - shapeSideM / 2;
}

/** First cell whose centre is at or beyond a coordinate, and last one before it; within the grid. */
function firstCell(coordinateM: number): number {
  return Math.max(0, Math.ceil((coordinateM + shapeSideM / 2) / shapeCellM - 0.5));
}
function lastCell(coordinateM: number): number {
  return Math.min(shapeCells - 1, Math.floor((coordinateM + shapeSideM / 2) / shapeCellM - 0.5));
}

function fillCapsule(
  shape: VisibleShape,
  positions: Float64Array,
  a: number,
  b: number,
  radiusM: number,
): void {
  const ax = positions[a]!;
  const ay = positions[a + 1]!;
  const bx = positions[b]!;
  const by = positions[b + 1]!;
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const top = lastCell(Math.max(ay, by) + radiusM);
  const right = lastCell(Math.max(ax, bx) + radiusM);
  const left = firstCell(Math.min(ax, bx) - radiusM);
  for (let row = firstCell(Math.min(ay, by) - radiusM); row <= top; row++) {
    const y = centreOf(row) - ay;
    for (let column = left; column <= right; column++) {
      const x = centreOf(column) - ax;
      const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / length2));
      const offX = x - along * dx;
      const offY = y - along * dy;
      if (offX * offX + offY * offY <= radiusM * radiusM) shape[row * shapeCells + column] = 1;
    }
  }
}

function fillTriangle(
  shape: VisibleShape,
  positions: Float64Array,
  a: number,
  b: number,
  c: number,
): void {
  const ax = positions[a]!;
  const ay = positions[a + 1]!;
  const bx = positions[b]!;
  const by = positions[b + 1]!;
  const cx = positions[c]!;
  const cy = positions[c + 1]!;
  const turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) < 0 ? -1 : 1;
  const top = lastCell(Math.max(ay, by, cy));
  const right = lastCell(Math.max(ax, bx, cx));
  const left = firstCell(Math.min(ax, bx, cx));
  for (let row = firstCell(Math.min(ay, by, cy)); row <= top; row++) {
    const y = centreOf(row);
    for (let column = left; column <= right; column++) {
      const x = centreOf(column);
      const isInside =
        turn * ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) >= 0 &&
        turn * ((cx - bx) * (y - by) - (cy - by) * (x - bx)) >= 0 &&
        turn * ((ax - cx) * (y - cy) - (ay - cy) * (x - cx)) >= 0;
      if (isInside) shape[row * shapeCells + column] = 1;
    }
  }
}
