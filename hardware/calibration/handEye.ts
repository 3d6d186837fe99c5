import type { PinholeCamera, Point3 } from "../../src/core/camera.ts";
import { DreamlogError } from "../../src/core/errors.ts";
import { largestEigenvector } from "./largestEigenvector.ts";

/** A point that the camera saw and the closing point of an arm touched. */
export interface TouchedPoint {
  /** Pixels. */
  readonly pixel: { readonly x: number; readonly y: number };
  /** Along the optical axis, metres. */
  readonly depthM: number;
  /** World metres, by the arm's kinematics. */
  readonly touched: Point3;
}

export interface HandEye {
  /** World to camera, row-major; with `position` as in `PinholeCamera`. */
  readonly rotation: number[];
  readonly position: Point3;
  /** Distances between touched points and where the camera now puts them: root mean square, largest. */
  readonly residualM: number;
  readonly worstM: number;
}

type Intrinsics = Pick<PinholeCamera, "fx" | "fy" | "cx" | "cy">;

/** Fewer do not determine where a camera is. */
const pointsMin = 3;
/** The touched points must reach this far to two sides of a line, metres. */
const spreadMinM = 0.01;

/** @returns where a pixel at a known depth is, in the camera's own axes, metres. */
export function unprojectByDepth(
  { fx, fy, cx, cy }: Intrinsics,
  pixel: { readonly x: number; readonly y: number },
  depthM: number,
): Point3 {
  return { x: ((pixel.x - cx) / fx) * depthM, y: ((pixel.y - cy) / fy) * depthM, z: depthM };
}

/**
 * Where a fixed camera stands, by points that it saw with depth and an arm touched: the rigid motion of
 * least squared error (Horn 1987, by unit quaternions).
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for fewer than three points, or points on one line.
 */
export function solveHandEye(intrinsics: Intrinsics, points: readonly TouchedPoint[]): HandEye {
  const seen = points.map(({ pixel, depthM }) => unprojectByDepth(intrinsics, pixel, depthM));
  const touched = points.map((point) => point.touched);
  if (points.length < pointsMin || spreadOf(touched) < spreadMinM) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected ${pointsMin} touched points or more that are not on one line, found ${points.length} spread by ${spreadOf(touched).toFixed(4)} m; touch others, far apart`,
      { pointCount: points.length },
    );
  }
  const [seenCentre, touchedCentre] = [centreOf(seen), centreOf(touched)];
  const rotation = rotationBetween(
    touched.map((point) => minus(point, touchedCentre)),
    seen.map((point) => minus(point, seenCentre)),
  );
  // seen = R (touched − position), so the centres give the position.
  const position = minus(touchedCentre, turnBack(rotation, seenCentre));
  const errors = seen.map((point, at) => {
    const world = plus(turnBack(rotation, point), position);
    return lengthOf(minus(world, touched[at]!));
  });
  const squares = errors.reduce((sum, error) => sum + error * error, 0);
  return {
    rotation,
    position,
    residualM: Math.sqrt(squares / errors.length),
    worstM: Math.max(...errors),
  };
}

/** The rotation that best turns `from` onto `to`, both about their centres. */
function rotationBetween(from: readonly Point3[], to: readonly Point3[]): number[] {
  const s = (a: "x" | "y" | "z", b: "x" | "y" | "z") =>
    from.reduce((sum, point, at) => sum + point[a] * to[at]![b], 0);
  const [xx, xy, xz] = [s("x", "x"), s("x", "y"), s("x", "z")];
  const [yx, yy, yz] = [s("y", "x"), s("y", "y"), s("y", "z")];
  const [zx, zy, zz] = [s("z", "x"), s("z", "y"), s("z", "z")];
  const [w, x, y, z] = largestEigenvector([
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, yy - xx - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ]) as [number, number, number, number];
  // prettier-ignore
  return [
    w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z,
  ];
}

/** Rᵀ p. */
function turnBack(r: readonly number[], { x, y, z }: Point3): Point3 {
  return {
    x: r[0]! * x + r[3]! * y + r[6]! * z,
    y: r[1]! * x + r[4]! * y + r[7]! * z,
    z: r[2]! * x + r[5]! * y + r[8]! * z,
  };
}

/** Farthest distance of a point from the line through the first and the one farthest from it. */
function spreadOf(points: readonly Point3[]): number {
  const from = points[0];
  if (from === undefined) return 0;
  const rays = points.map((point) => minus(point, from));
  const along = rays.reduce((best, ray) => (lengthOf(ray) > lengthOf(best) ? ray : best), rays[0]!);
  const length = lengthOf(along);
  if (length === 0) return 0;
  return Math.max(...rays.map((ray) => lengthOf(cross(ray, along)) / length));
}

function centreOf(points: readonly Point3[]): Point3 {
  const sum = points.reduce(plus, { x: 0, y: 0, z: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length, z: sum.z / points.length };
}

function plus(one: Point3, other: Point3): Point3 {
  return { x: one.x + other.x, y: one.y + other.y, z: one.z + other.z };
}

function minus(one: Point3, other: Point3): Point3 {
  return { x: one.x - other.x, y: one.y - other.y, z: one.z - other.z };
}

function cross(one: Point3, other: Point3): Point3 {
  return {
    x: one.y * other.z - one.z * other.y,
    y: one.z * other.x - one.x * other.z,
    z: one.x * other.y - one.y * other.x,
  };
}

function lengthOf({ x, y, z }: Point3): number {
  return Math.sqrt(x * x + y * y + z * z);
}
