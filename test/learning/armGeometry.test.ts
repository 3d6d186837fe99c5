import { afterAll, expect, test } from "vitest";
import { projectPoint, type Point3 } from "../../src/core/camera.ts";
import { cropWindow, topCamera } from "../../src/core/cell.ts";
import { armPlanes } from "../../src/core/dreamTensors.ts";
import { renderArmClip } from "../../src/dreaming/armRenderer.ts";
import { readHold, shiftPicture } from "../../src/learning/armGeometry.ts";
import { Graph } from "../../src/learning/graph/graph.ts";
import { createPredictor } from "../../src/learning/predictor.ts";
import { compilePrimitive } from "../../src/planning/primitive.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";

const kinematics = await createArmKinematics();
afterAll(() => {
  kinematics.close();
});

/** Where the crop shows a point, −1 to 1. */
function placeInCrop(point: Point3): readonly [number, number] {
  const window = cropWindow(topCamera);
  const pixel = projectPoint(topCamera, point);
  const place = (at: number, start: number, side: number) => (2 * (at - start + 0.5)) / side - 1;
  return [place(pixel.x, window.x, window.width), place(pixel.y, window.y, window.height)];
}

test.each([
  { arm: "left", grasp: { x: -0.15, y: 0.12, z: 0 }, release: { x: 0.05, y: -0.2, z: 0 } },
  { arm: "right", grasp: { x: 0.2, y: -0.05, z: 0 }, release: { x: 0.02, y: 0.18, z: 0 } },
] as const)("reads off the rendered $arm arm where it takes hold and lets go", async (places) => {
  const graph = new Graph();
  const planes = graph.input("planes", [1, 24, 32, 32]);
  const { grasp, release } = readHold(graph, planes);
  const outputs = { grasp, release };
  const predictor = await createPredictor({ graph, outputs, weights: new Float32Array() });
  const clip = renderArmClip(kinematics, compilePrimitive(kinematics, places), topCamera);
  const read = await predictor.run({ planes: Float32Array.from(armPlanes(clip), (v) => v / 255) });
  await predictor.release();
  for (const name of ["grasp", "release"] as const) {
    const [x, y] = placeInCrop(places[name]);
    // A pixel of the 64-pixel crop is 0.03; fingertips are a little nearer to the camera than the table.
    expect(Math.abs(Number(read[name]![0]) - x)).toBeLessThan(0.035);
    expect(Math.abs(Number(read[name]![1]) - y)).toBeLessThan(0.035);
  }
});

test("a picture shifted by whole pixels is the picture elsewhere, with nothing where it left", async () => {
  const graph = new Graph();
  const picture = graph.input("picture", [1, 3, 4, 4]);
  const displacement = graph.input("displacement", [1, 1, 2]);
  const outputs = { shifted: shiftPicture(picture, displacement) };
  const predictor = await createPredictor({ graph, outputs, weights: new Float32Array() });
  const one = new Float32Array(3 * 16);
  one[5] = 1;
  // Two of four pixels to the right is the crop's half: 1. One down: 0.5.
  const { shifted } = await predictor.run({ picture: one, displacement: Float32Array.of(1, 0.5) });
  await predictor.release();
  const expected = new Float32Array(3 * 16);
  expected[5 + 2 + 4] = 1;
  expect(Array.from(shifted as Float32Array, (value) => Math.round(value * 1e4) / 1e4)).toEqual([
    ...expected,
  ]);
});
