import { afterAll, expect, test } from "vitest";
import { projectPoint, type Point3 } from "../../src/core/camera.ts";
import { cropWindow, topCamera } from "../../src/core/cell.ts";
import { armPlanes } from "../../src/core/dreamTensors.ts";
import { renderArmClip } from "../../src/dreaming/armRenderer.ts";
import { carriedPictures, readHold } from "../../src/learning/armGeometry.ts";
import { Graph, type Value } from "../../src/learning/graph/graph.ts";
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

const side = 16;

/** Carries a picture from one place of its crop to another: whole way, half way, trailed, folded. */
async function carry(
  picture: Float32Array,
  grasp: readonly [number, number],
  release: readonly [number, number],
) {
  const graph = new Graph();
  const hold = {
    grasp: graph.input("grasp", [1, 1, 2]),
    release: graph.input("release", [1, 1, 2]),
  };
  const pictures = carriedPictures(graph.input("picture", [1, 3, side, side]), hold);
  const [whole, half, trailed, folded] = pictures as [Value, Value, Value, Value];
  const outputs = { whole, half, trailed, folded };
  const predictor = await createPredictor({ graph, outputs, weights: new Float32Array() });
  const carried = await predictor.run({
    picture,
    grasp: Float32Array.from(grasp),
    release: Float32Array.from(release),
  });
  await predictor.release();
  return carried as Readonly<Record<keyof typeof outputs, Float32Array>>;
}

/** Ink in all channels at some pixels (x, y). */
function picture(...pixels: readonly (readonly [number, number])[]): Float32Array {
  const ink = new Float32Array(3 * side * side);
  for (let channel = 0; channel < 3; channel++) {
    for (const [x, y] of pixels) ink[(channel * side + y) * side + x] = 1;
  }
  return ink;
}

const place = (pixel: number) => (2 * pixel + 1) / side - 1;
const rounded = (values: Float32Array) => Float32Array.from(values, (value) => Math.round(100 * value) / 100 + 0); // prettier-ignore

test("what is held goes the whole way, what hangs on it half of it", async () => {
  const from = [place(3), place(4)] as const;
  const to = [place(9), place(6)] as const;
  const { whole, half } = await carry(picture([3, 4], [5, 4]), from, to);
  expect(rounded(whole)).toEqual(picture([9, 6], [11, 6]));
  expect(rounded(half)).toEqual(picture([6, 5], [8, 5]));
});

test("a body trails behind the fingers: held at its centre it does not turn, held aside it does", async () => {
  const bar = picture([4, 8], [5, 8], [6, 8], [7, 8], [8, 8]);
  const atCentre = await carry(bar, [place(6), place(8)], [place(6), place(3)]);
  const level = picture([4, 3], [5, 3], [6, 3], [7, 3], [8, 3]);
  const errors = atCentre.trailed.map((ink, at) => Math.abs(ink - level[at]!));
  expect(Math.max(...errors)).toBeLessThan(0.05);
  // Pulled up by its left end for many lengths, it hangs down from there.
  const atEnd = await carry(bar, [place(4), place(8)], [place(4), place(0)]);
  const below = atEnd.trailed[3 * side + 4]!;
  const beside = atEnd.trailed[7]!;
  expect(below).toBeGreaterThan(beside);
});

test("a fold mirrors the picture at the line half way", async () => {
  const { folded } = await carry(picture([2, 5], [4, 7]), [place(2), place(5)], [place(12), place(5)]); // prettier-ignore
  expect(rounded(folded)).toEqual(picture([12, 5], [10, 7]));
});
