import { projectPoint, type PinholeCamera, type Point3 } from "./camera.ts";
import type { Box } from "./image.ts";

/** The two FR3 arms: base at x = −0.70 m facing +x, and base at x = +0.70 m facing −x. */
export const arms = ["left", "right"] as const;
export type Arm = (typeof arms)[number];

export const tasks = ["rope", "cloth", "toy"] as const;
export type Task = (typeof tasks)[number];

/**
 * The planner's action, DreamPlan Eq. (1): which arm moves which keypoint of the current mask to
 * which keypoint of the goal mask.
 */
export interface KeypointAction {
  readonly arm: Arm;
  /** Zero-based index into the current observation's keypoints. */
  readonly source: number;
  /** Zero-based index into the goal's keypoints. */
  readonly target: number;
}

/** Where the action takes hold and lets go, world metres on the table plane. */
export interface GraspAndRelease {
  readonly arm: Arm;
  readonly grasp: Point3;
  readonly release: Point3;
}

/** Distance between the bases along x, metres (bimanual cell of DreamPlan). */
export const baseDistanceM = 1.4;

/** Rate of the primitive's joint commands and of the camera, hertz. */
export const controlRateHz = 30;

/**
 * RealSense D435i colour stream at 960×540, mounted above the table looking straight down, image
 * x along world x and image y against world y. At 1.0 m height one pixel is 1.45 mm.
 */
export const topCamera: PinholeCamera = {
  widthPx: 960,
  heightPx: 540,
  fx: 690,
  fy: 690,
  cx: 479.5,
  cy: 269.5,
  rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1],
  position: { x: 0, y: 0, z: 1.0 },
};

/**
 * The square of table, centred on the world origin, that object-only crops show and in which
 * objects start and goals lie. World metres; both sides.
 */
export const workspaceSideM = 0.64;

/**
 * The workspace square as the camera sees it on the table plane: a square of whole pixels about the
 * projection of the world origin. For `topCamera`: 442 × 442 at (259, 49).
 */
export function cropWindow(camera: PinholeCamera): Box {
  const centre = projectPoint(camera, { x: 0, y: 0, z: 0 });
  const edge = projectPoint(camera, { x: workspaceSideM / 2, y: 0, z: 0 });
  const dx = edge.x - centre.x;
  const dy = edge.y - centre.y;
  const halfPx = Math.round(Math.sqrt(dx * dx + dy * dy));
  return {
    x: Math.round(centre.x + 0.5) - halfPx,
    y: Math.round(centre.y + 0.5) - halfPx,
    width: 2 * halfPx,
    height: 2 * halfPx,
  };
}

/** Side of an object-only crop, pixels: the resolution of the world model. One pixel is 10 mm. */
export const cropSidePx = 64;

/** Side of a rendered arm clip over the same window, pixels; the world model averages it down. */
export const armClipSidePx = 128;

/** Frames of a rendered arm clip, evenly spaced through the primitive. */
export const armClipFrameCount = 8;

/** Keypoints sampled on each mask. */
export const keypointCount = 12;

/**
 * Where the closing point between the fingertips goes during a primitive, one sample per control
 * step at `controlRateHz`.
 */
export interface HandPath {
  readonly arm: Arm;
  readonly stepCount: number;
  /** Shape [stepCount, 3], world metres. */
  readonly positions: Float32Array;
  /** Shape [stepCount], finger opening in metres, 0 to 0.08. */
  readonly openings: Float32Array;
}
