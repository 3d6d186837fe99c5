import { rotationOf, type PinholeCamera } from "../core/camera.ts";
import { lambert, lightX, lightY, lightZ } from "./light.ts";
import { nearestDepthM, type RenderTarget } from "./raster.ts";

/** A surface; counter-clockwise triangles face the reader. */
export interface TriangleMesh {
  /** Shape [vertexCount, 3], world metres. */
  readonly positions: Float32Array;
  /** Shape [triangleCount, 3], into the vertices. */
  readonly indices: Uint32Array;
  /** RGB, shape [vertexCount, 3] or [triangleCount, 3] as `colorPer` says. */
  readonly colors: Uint8Array;
  readonly colorPer: "vertex" | "triangle";
  /** Colours of the back side, shaped like `colors`; the same as the front when left out. */
  readonly backColors?: Uint8Array;
  /** Only the first triangles, for meshes whose buffers are larger than their content. */
  readonly triangleCount?: number;
}

/** Pixels on the edge of two triangles belong to both, rounding or not: no holes along seams. */
const seamSlack = 1e-9;

/**
 * Draws a mesh, both sides, each triangle shaded as a whole by its normal. A triangle that comes
 * nearer than 2 cm to the camera is left out.
 *
 * Arithmetic is exact (no trigonometry): equal input gives equal pixels on every machine.
 *
 * @param id - 1 to 255, written where the mesh is visible.
 */
export function drawTriangles(
  target: RenderTarget,
  camera: PinholeCamera,
  mesh: TriangleMesh,
  id: number,
): void {
  const screen = projectVertices(camera, mesh.positions);
  const triangleCount = mesh.triangleCount ?? mesh.indices.length / 3;
  for (let triangle = 0; triangle < triangleCount; triangle++) {
    drawTriangle(target, camera, mesh, screen, triangle, id);
  }
}

/** @returns shape [vertexCount, 3]: pixel x, pixel y and inverse depth (0 when too near). */
function projectVertices(camera: PinholeCamera, positions: Float32Array): Float64Array {
  const r = rotationOf(camera);
  const { position, fx, fy, cx, cy } = camera;
  const screen = new Float64Array(positions.length);
  for (let at = 0; at < positions.length; at += 3) {
    const dx = positions[at]! - position.x;
    const dy = positions[at + 1]! - position.y;
    const dz = positions[at + 2]! - position.z;
    const depth = r[6] * dx + r[7] * dy + r[8] * dz;
    if (depth < nearestDepthM) continue;
    const inverse = 1 / depth;
    screen[at] = fx * (r[0] * dx + r[1] * dy + r[2] * dz) * inverse + cx;
    screen[at + 1] = fy * (r[3] * dx + r[4] * dy + r[5] * dz) * inverse + cy;
    screen[at + 2] = inverse;
  }
  return screen;
}

function drawTriangle(
  target: RenderTarget,
  camera: PinholeCamera,
  mesh: TriangleMesh,
  screen: Float64Array,
  triangle: number,
  id: number,
): void {
  const a = mesh.indices[triangle * 3]! * 3;
  const b = mesh.indices[triangle * 3 + 1]! * 3;
  const c = mesh.indices[triangle * 3 + 2]! * 3;
  const ax = screen[a]!;
  const ay = screen[a + 1]!;
  const bx = screen[b]!;
  const by = screen[b + 1]!;
  const cx = screen[c]!;
  const cy = screen[c + 1]!;
  if (screen[a + 2] === 0 || screen[b + 2] === 0 || screen[c + 2] === 0) return;
  // Image y points down, so a triangle that faces the camera runs clockwise in pixel coordinates.
  const doubleArea = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  if (doubleArea === 0) return;
  const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx)));
  const right = Math.min(target.widthPx - 1, Math.floor(Math.max(ax, bx, cx)));
  const top = Math.max(0, Math.ceil(Math.min(ay, by, cy)));
  const bottom = Math.min(target.heightPx - 1, Math.floor(Math.max(ay, by, cy)));
  if (left > right || top > bottom) return;

  const isFront = doubleArea < 0;
  const shade = shadeOf(camera, mesh.positions, a, b, c);
  const colors = isFront ? mesh.colors : (mesh.backColors ?? mesh.colors);
  const isPerVertex = mesh.colorPer === "vertex";
  const colorA = isPerVertex ? a : triangle * 3;
  const colorB = isPerVertex ? b : colorA;
  const colorC = isPerVertex ? c : colorA;

  // Barycentric weights of a and b are linear in the pixel: value at (left, top) and two steps.
  const scale = 1 / doubleArea;
  const weightAStepX = (by - cy) * scale;
  const weightAStepY = (cx - bx) * scale;
  const weightBStepX = (cy - ay) * scale;
  const weightBStepY = (ax - cx) * scale;
  const weightAStart = (left - cx) * weightAStepX + (top - cy) * weightAStepY;
  const weightBStart = (left - cx) * weightBStepX + (top - cy) * weightBStepY;

  const inverseA = screen[a + 2]!;
  const inverseB = screen[b + 2]!;
  const inverseC = screen[c + 2]!;
  const { widthPx, rgb, depth, id: ids } = target;
  for (let y = top; y <= bottom; y++) {
    let weightA = weightAStart + (y - top) * weightAStepY;
    let weightB = weightBStart + (y - top) * weightBStepY;
    let pixel = y * widthPx + left;
    for (let x = left; x <= right; x++, pixel++) {
      const weightC = 1 - weightA - weightB;
      if (weightA >= -seamSlack && weightB >= -seamSlack && weightC >= -seamSlack) {
        const z = 1 / (weightA * inverseA + weightB * inverseB + weightC * inverseC);
        if (z < depth[pixel]!) {
          depth[pixel] = z;
          ids[pixel] = id;
          // Colours are interpolated in the picture: the triangles are small against their depth.
          const shareA = weightA * shade;
          const shareB = weightB * shade;
          const shareC = weightC * shade;
          const out = pixel * 3;
          rgb[out] = shareA * colors[colorA]! + shareB * colors[colorB]! + shareC * colors[colorC]!;
          rgb[out + 1] =
            shareA * colors[colorA + 1]! +
            shareB * colors[colorB + 1]! +
            shareC * colors[colorC + 1]!;
          rgb[out + 2] =
            shareA * colors[colorA + 2]! +
            shareB * colors[colorB + 2]! +
            shareC * colors[colorC + 2]!;
        }
      }
      weightA += weightAStepX;
      weightB += weightBStepX;
    }
  }
}

/** Lambert factor of a triangle, its normal turned to the camera's side. */
function shadeOf(
  camera: PinholeCamera,
  positions: Float32Array,
  a: number,
  b: number,
  c: number,
): number {
  const ax = positions[a]!;
  const ay = positions[a + 1]!;
  const az = positions[a + 2]!;
  const ux = positions[b]! - ax;
  const uy = positions[b + 1]! - ay;
  const uz = positions[b + 2]! - az;
  const vx = positions[c]! - ax;
  const vy = positions[c + 1]! - ay;
  const vz = positions[c + 2]! - az;
  const nx = uy * vz - uz * vy;
  const ny = uz * vx - ux * vz;
  const nz = ux * vy - uy * vx;
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  const { position } = camera;
  const towards = nx * (position.x - ax) + ny * (position.y - ay) + nz * (position.z - az);
  const cosine = (nx * lightX + ny * lightY + nz * lightZ) / length;
  return lambert(towards < 0 ? -cosine : cosine);
}
