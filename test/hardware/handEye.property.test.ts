import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { solveHandEye, type TouchedPoint } from "../../hardware/calibration/handEye.ts";
import { projectPoint, type PinholeCamera, type Point3 } from "../../src/core/camera.ts";
import { topCamera } from "../../src/core/cell.ts";
import { createRandom } from "../../src/core/random.ts";

/** The top camera tilted by `tilt` about its x axis and moved. */
function tilted(tilt: number, x: number, y: number): PinholeCamera {
  const [c, s] = [Math.cos(tilt), Math.sin(tilt)];
  return { ...topCamera, rotation: [1, 0, 0, 0, -c, -s, 0, s, -c], position: { x, y, z: 1.1 } };
}

function seenBy(camera: PinholeCamera, touched: Point3, noiseM = 0): TouchedPoint {
  const { x, y, depthM } = projectPoint(camera, touched);
  return { pixel: { x, y }, depthM: depthM + noiseM, touched };
}

function drawPoints(seed: number): Point3[] {
  const random = createRandom(seed);
  return Array.from({ length: 8 }, () => ({
    x: random.between(-0.3, 0.3),
    y: random.between(-0.2, 0.2),
    z: random.between(0, 0.2),
  }));
}

const small = fc.double({ min: -0.4, max: 0.4, noNaN: true });

test.prop([small, small, small, fc.nat()])(
  "finds the camera that saw the touched points",
  (tilt, x, y, seed) => {
    const camera = tilted(tilt, x, y);
    const found = solveHandEye(
      camera,
      drawPoints(seed).map((point) => seenBy(camera, point)),
    );
    expect(found.worstM).toBeLessThan(1e-9);
    found.rotation.forEach((value, at) => expect(value).toBeCloseTo(camera.rotation[at]!, 8));
    for (const axis of ["x", "y", "z"] as const) {
      expect(found.position[axis]).toBeCloseTo(camera.position[axis], 8);
    }
  },
);

it("reports the noise of the depth as residual", () => {
  const camera = tilted(0.1, 0, 0);
  const points = drawPoints(1).map((point, at) =>
    seenBy(camera, point, at % 2 === 0 ? 5e-3 : -5e-3),
  );
  const { residualM, worstM } = solveHandEye(camera, points);
  expect(residualM).toBeGreaterThan(1e-3);
  expect(residualM).toBeLessThan(6e-3);
  expect(worstM).toBeGreaterThanOrEqual(residualM);
});

it.each([
  ["two points", [0, 1]],
  ["points on one line", [0, 1, 2, 3]],
])("refuses %s", (_, steps) => {
  const points = steps.map((step) => seenBy(topCamera, { x: step / 10, y: step / 20, z: 0 }));
  expect(() => solveHandEye(topCamera, points)).toThrow(/not on one line/);
});
