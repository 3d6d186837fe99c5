import type { PinholeCamera } from "../core/camera.ts";

/** Row-major 3×3. */
export type Rotation = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** World-to-camera rotation with its length known to the type checker. */
export function cameraRotation(camera: PinholeCamera): Rotation {
  return camera.rotation as Rotation;
}

/** Nearer than this to the camera nothing is drawn, metres. */
export const nearestDepthM = 0.02;
