import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { cropCamera, projectPoint, type Point3 } from "../../src/core/camera.ts";
import { cropWindow, topCamera } from "../../src/core/cell.ts";
import { createRenderTarget } from "../../src/media/raster.ts";
import { drawCapsules, type Capsule } from "../../src/media/rasterCapsules.ts";

const camera = cropCamera(topCamera, cropWindow(topCamera), 48);

const coordinate = (low: number, high: number) =>
  fc.double({ min: low, max: high, noNaN: true, noDefaultInfinity: true });
const point: fc.Arbitrary<Point3> = fc.record({
  x: coordinate(-0.4, 0.4),
  y: coordinate(-0.4, 0.4),
  z: coordinate(0, 0.6),
});
const capsule: fc.Arbitrary<Capsule> = fc.record({
  a: point,
  b: point,
  radiusM: coordinate(0.005, 0.09),
  color: fc.constant([255, 255, 255] as const),
});

/** Distance from a pixel's ray to the capsule's segment, minus its radius. */
function clearanceM(shape: Capsule, x: number, y: number): number {
  const ray = [(x - camera.cx) / camera.fx, -(y - camera.cy) / camera.fy, -1] as const;
  const start = acrossRay(ray, shape.a);
  const end = acrossRay(ray, shape.b);
  const step = [end[0] - start[0], end[1] - start[1], end[2] - start[2]] as const;
  const step2 = dot(step, step);
  const s = step2 === 0 ? 0 : Math.min(1, Math.max(0, -dot(start, step) / step2));
  const nearest = [start[0] + s * step[0], start[1] + s * step[1], start[2] + s * step[2]] as const;
  return Math.sqrt(dot(nearest, nearest)) - shape.radiusM;
}

type Vector = readonly [number, number, number];

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Offset of a world point from a ray through the camera, square to the ray. */
function acrossRay(ray: Vector, { x, y, z }: Point3): Vector {
  const { position } = camera;
  const offset = [x - position.x, y - position.y, z - position.z] as const;
  const along = dot(offset, ray) / dot(ray, ray);
  return [offset[0] - along * ray[0], offset[1] - along * ray[1], offset[2] - along * ray[2]];
}

test.prop([capsule], { numRuns: 60 })(
  "a pixel is drawn exactly when its ray meets the capsule",
  (shape) => {
    const target = createRenderTarget(camera.widthPx, camera.heightPx);

    drawCapsules(target, camera, [shape], 7);

    const wrong: object[] = [];
    for (let y = 0; y < target.heightPx; y++) {
      for (let x = 0; x < target.widthPx; x++) {
        const clearance = clearanceM(shape, x, y);
        if (Math.abs(clearance) < 1e-9) continue;
        if (target.id[y * target.widthPx + x] !== (clearance < 0 ? 7 : 0)) wrong.push({ x, y });
      }
    }
    expect(wrong).toEqual([]);
  },
);

test.prop([point, coordinate(0.01, 0.08)])(
  "the pixel at a sphere's centre shows the point one radius nearer",
  (centre, radiusM) => {
    const target = createRenderTarget(topCamera.widthPx, topCamera.heightPx);
    const overhead = { ...centre, x: 0, y: 0 };

    drawCapsules(target, topCamera, [{ a: overhead, b: overhead, radiusM, color: [9, 9, 9] }], 1);

    const { x, y, depthM } = projectPoint(topCamera, overhead);
    const pixel = Math.round(y) * target.widthPx + Math.round(x);
    expect(target.depth[pixel]).toBeCloseTo(depthM - radiusM, 3);
  },
);
