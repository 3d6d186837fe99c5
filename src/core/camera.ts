import type { Box } from "./image.ts";

/** Point or vector in world coordinates, metres. */
export interface Point3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/**
 * Pinhole camera without distortion (the D435i's colour stream after rectification).
 *
 * World frame of the cell: origin on the table plane midway between the two bases; x from the left
 * arm's base to the right arm's; y away from the operator; z up; metres.
 */
export interface PinholeCamera {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
  /** Row-major 3×3 rotation: camera axes (x right, y down, z forward) = rotation · (world − position). */
  readonly rotation: readonly number[];
  /** Camera centre in the world, metres. */
  readonly position: Point3;
}

type Triple = readonly [number, number, number];

/** World-to-camera rotation, row-major, with its length known to the type checker. */
export function rotationOf(camera: PinholeCamera): readonly [...Triple, ...Triple, ...Triple] {
  return camera.rotation as readonly [...Triple, ...Triple, ...Triple];
}

/** @returns pixel coordinates and depth along the optical axis (metres) of a world point. */
export function projectPoint(
  camera: PinholeCamera,
  point: Point3,
): { readonly x: number; readonly y: number; readonly depthM: number } {
  const r = rotationOf(camera);
  const dx = point.x - camera.position.x;
  const dy = point.y - camera.position.y;
  const dz = point.z - camera.position.z;
  const depthM = r[6] * dx + r[7] * dy + r[8] * dz;
  const x = r[0] * dx + r[1] * dy + r[2] * dz;
  const y = r[3] * dx + r[4] * dy + r[5] * dz;
  return {
    x: (camera.fx * x) / depthM + camera.cx,
    y: (camera.fy * y) / depthM + camera.cy,
    depthM,
  };
}

/** @returns the world point where a pixel's ray meets the horizontal plane z = `heightM`. */
export function unprojectToPlane(
  camera: PinholeCamera,
  pixel: { readonly x: number; readonly y: number },
  heightM: number,
): Point3 {
  const r = rotationOf(camera);
  const u = (pixel.x - camera.cx) / camera.fx;
  const v = (pixel.y - camera.cy) / camera.fy;
  const rayX = r[0] * u + r[3] * v + r[6];
  const rayY = r[1] * u + r[4] * v + r[7];
  const rayZ = r[2] * u + r[5] * v + r[8];
  const scale = (heightM - camera.position.z) / rayZ;
  return {
    x: camera.position.x + scale * rayX,
    y: camera.position.y + scale * rayY,
    z: heightM,
  };
}

/**
 * The camera that sees only `window` of this camera's picture, at another resolution: rendering
 * with it equals rendering the whole picture, cutting the window out and scaling it.
 *
 * @param window - in pixels of `camera`.
 * @param sidePx - width and height of the new picture; the window should be square.
 */
export function cropCamera(camera: PinholeCamera, window: Box, sidePx: number): PinholeCamera {
  const scaleX = sidePx / window.width;
  const scaleY = sidePx / window.height;
  return {
    ...camera,
    widthPx: sidePx,
    heightPx: sidePx,
    fx: camera.fx * scaleX,
    fy: camera.fy * scaleY,
    // Pixel i covers [i − ½, i + ½), so the window's left edge lies half a pixel before its x.
    cx: (camera.cx - window.x + 0.5) * scaleX - 0.5,
    cy: (camera.cy - window.y + 0.5) * scaleY - 0.5,
  };
}
