import { rotationOf, type PinholeCamera, type Point3 } from "../core/camera.ts";
import { lambert, lightX, lightY, lightZ } from "./light.ts";
import { nearestDepthM, type RenderTarget, type Rgb } from "./raster.ts";

/** All points within `radiusM` of the segment from a to b; a sphere when they coincide. World metres. */
export interface Capsule {
  readonly a: Point3;
  readonly b: Point3;
  readonly radiusM: number;
  readonly color: Rgb;
}

export interface CapsuleOptions {
  /** "lambert" (default) shades by the lamp; "flat" paints the colour as it is. */
  readonly shading?: "lambert" | "flat";
}

/**
 * Draws capsules exactly, by intersecting every pixel's ray with each capsule inside the capsule's
 * outline. A capsule that comes nearer than 2 cm to the camera is left out.
 *
 * Arithmetic is exact (no trigonometry): equal input gives equal pixels on every machine.
 *
 * @param id - 1 to 255, written where a capsule is visible.
 */
export function drawCapsules(
  target: RenderTarget,
  camera: PinholeCamera,
  capsules: readonly Capsule[],
  id: number,
  options: CapsuleOptions = {},
): void {
  const isShaded = options.shading !== "flat";
  const lamp = rotate(camera, lightX, lightY, lightZ);
  for (const capsule of capsules) drawCapsule(target, camera, capsule, id, isShaded, lamp);
}

interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

function rotate(camera: PinholeCamera, x: number, y: number, z: number): Vector {
  const r = rotationOf(camera);
  return {
    x: r[0] * x + r[1] * y + r[2] * z,
    y: r[3] * x + r[4] * y + r[5] * z,
    z: r[6] * x + r[7] * y + r[8] * z,
  };
}

function toCamera(camera: PinholeCamera, point: Point3): Vector {
  const { position } = camera;
  return rotate(camera, point.x - position.x, point.y - position.y, point.z - position.z);
}

function drawCapsule(
  target: RenderTarget,
  camera: PinholeCamera,
  capsule: Capsule,
  id: number,
  isShaded: boolean,
  lamp: Vector,
): void {
  const a = toCamera(camera, capsule.a);
  const b = toCamera(camera, capsule.b);
  const radius = capsule.radiusM;
  if (Math.min(a.z, b.z) - radius < nearestDepthM) return;
  const outline = outlineOf(camera, a, b, radius);
  const top = Math.max(0, Math.ceil(outline.top));
  const bottom = Math.min(target.heightPx - 1, Math.floor(outline.bottom));

  // Ray–capsule intersection: the ray is t·(u, v, 1), so that t is the depth. The cylinder's
  // quadratic is (axis² · ray² − (axis·ray)²) t² + …; its ends are spheres about a and b.
  const axisX = b.x - a.x;
  const axisY = b.y - a.y;
  const axisZ = b.z - a.z;
  const axis2 = axisX * axisX + axisY * axisY + axisZ * axisZ;
  const a2 = a.x * a.x + a.y * a.y + a.z * a.z;
  const b2 = b.x * b.x + b.y * b.y + b.z * b.z;
  const axisA = -(axisX * a.x + axisY * a.y + axisZ * a.z);
  const cylinderC = axis2 * a2 - axisA * axisA - radius * radius * axis2;
  const sphereAC = a2 - radius * radius;
  const sphereBC = b2 - radius * radius;

  const stepU = 1 / camera.fx;
  const inverseRadius = 1 / radius;
  const [red, green, blue] = capsule.color;
  const { widthPx, rgb, depth, id: ids } = target;
  const span = { left: 0, right: 0 };
  for (let y = top; y <= bottom; y++) {
    rowSpan(outline, y, span);
    const left = Math.max(0, Math.ceil(span.left));
    const right = Math.min(widthPx - 1, Math.floor(span.right));
    const v = (y - camera.cy) / camera.fy;
    let u = (left - camera.cx) * stepU;
    let pixel = y * widthPx + left;
    for (let x = left; x <= right; x++, pixel++, u += stepU) {
      const ray2 = u * u + v * v + 1;
      const axisRay = axisX * u + axisY * v + axisZ;
      const rayA = a.x * u + a.y * v + a.z;
      const quadratic = axis2 * ray2 - axisRay * axisRay;
      const linear = -axis2 * rayA - axisA * axisRay;
      const discriminant = linear * linear - quadratic * cylinderC;
      // Along the axis (quadratic near 0) only the end towards the camera can be seen.
      let along = a.z < b.z ? -1 : axis2 + 1;
      let t = 0;
      if (quadratic > 1e-12) {
        if (discriminant < 0) continue;
        t = (-linear - Math.sqrt(discriminant)) / quadratic;
        along = axisA + t * axisRay;
      }
      const isStart = along <= 0;
      if (isStart || along >= axis2) {
        const rayEnd = isStart ? rayA : b.x * u + b.y * v + b.z;
        const end = rayEnd * rayEnd - ray2 * (isStart ? sphereAC : sphereBC);
        if (end < 0) continue;
        t = (rayEnd - Math.sqrt(end)) / ray2;
      }
      if (t >= depth[pixel]!) continue;
      depth[pixel] = t;
      ids[pixel] = id;
      const out = pixel * 3;
      let shade = 1;
      if (isShaded) {
        const fraction = isStart ? 0 : along >= axis2 ? 1 : along / axis2;
        const nx = t * u - a.x - fraction * axisX;
        const ny = t * v - a.y - fraction * axisY;
        const nz = t - a.z - fraction * axisZ;
        shade = lambert((nx * lamp.x + ny * lamp.y + nz * lamp.z) * inverseRadius);
      }
      rgb[out] = red * shade;
      rgb[out + 1] = green * shade;
      rgb[out + 2] = blue * shade;
    }
  }
}

/** The capsule's picture, enclosed by the hull of two discs: pixels. */
interface Outline {
  readonly ax: number;
  readonly ay: number;
  readonly ar: number;
  readonly bx: number;
  readonly by: number;
  readonly br: number;
  readonly top: number;
  readonly bottom: number;
}

function outlineOf(camera: PinholeCamera, a: Vector, b: Vector, radius: number): Outline {
  const ar = discRadius(camera, a, radius);
  const br = discRadius(camera, b, radius);
  const ay = (camera.fy * a.y) / a.z + camera.cy;
  const by = (camera.fy * b.y) / b.z + camera.cy;
  return {
    ax: (camera.fx * a.x) / a.z + camera.cx,
    ay,
    ar,
    bx: (camera.fx * b.x) / b.z + camera.cx,
    by,
    br,
    top: Math.min(ay - ar, by - br),
    bottom: Math.max(ay + ar, by + br),
  };
}

/**
 * Pixels that are enough to enclose the sphere's elliptic picture: the ellipse's far end lies at
 * tan(angle to the centre + angle of the radius), bounded from above without trigonometry.
 */
function discRadius(camera: PinholeCamera, centre: Vector, radius: number): number {
  const distance2 = centre.x * centre.x + centre.y * centre.y + centre.z * centre.z;
  const tangentOfRadius = radius / Math.sqrt(distance2 - radius * radius);
  const tangent = Math.sqrt(distance2 - centre.z * centre.z) / centre.z;
  const slack = 1 - tangent * tangentOfRadius;
  if (slack <= 0.05) return camera.widthPx + camera.heightPx;
  const farEnd = (tangent + tangentOfRadius) / slack - tangent;
  return Math.max(camera.fx, camera.fy) * farEnd + 1;
}

/** Columns between which the hull of both discs meets row y. */
function rowSpan(outline: Outline, y: number, span: { left: number; right: number }): void {
  const { ax, ay, ar, bx, by, br } = outline;
  const aside = y - ay;
  const bside = y - by;
  const halfA = ar * ar - aside * aside;
  const halfB = br * br - bside * bside;
  let left = Infinity;
  let right = -Infinity;
  if (halfA >= 0) {
    const half = Math.sqrt(halfA);
    left = ax - half;
    right = ax + half;
  }
  if (halfB >= 0) {
    const half = Math.sqrt(halfB);
    left = Math.min(left, bx - half);
    right = Math.max(right, bx + half);
  }
  // Between the discs: a band about the centre line, as wide as the larger disc makes it.
  const dx = bx - ax;
  const dy = by - ay;
  const length = Math.sqrt(dx * dx + dy * dy);
  const steepness = dy < 0 ? -dy : dy;
  if (steepness > 1e-6) {
    const half = (Math.max(ar, br) * length) / steepness;
    const middle = ax + (aside / dy) * dx;
    const bandLeft = Math.max(middle - half, Math.min(ax - ar, bx - br));
    const bandRight = Math.min(middle + half, Math.max(ax + ar, bx + br));
    if (bandLeft <= bandRight) {
      left = Math.min(left, bandLeft);
      right = Math.max(right, bandRight);
    }
  } else {
    left = Math.min(ax - ar, bx - br);
    right = Math.max(ax + ar, bx + br);
  }
  span.left = left;
  span.right = right;
}
