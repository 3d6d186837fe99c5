import { afterAll, expect, test } from "vitest";
import { cropCamera, projectPoint, type Point3 } from "../../src/core/camera.ts";
import {
  armClipFrameCount,
  armClipSidePx,
  arms,
  cropWindow,
  topCamera,
  type Arm,
} from "../../src/core/cell.ts";
import { armClipSteps, closedShareAt } from "../../src/dreaming/armClipSteps.ts";
import { renderArmClip } from "../../src/dreaming/armRenderer.ts";
import { compilePrimitive } from "../../src/planning/primitive.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";

const kinematics = await createArmKinematics();
afterAll(() => {
  kinematics.close();
});

const view = cropCamera(topCamera, cropWindow(topCamera), armClipSidePx);

interface Places {
  readonly arm: Arm;
  readonly grasp: Point3;
  readonly release: Point3;
}
const placesOf = (arm: Arm): Places => {
  const away = arm === "left" ? -1 : 1;
  return {
    arm,
    grasp: { x: 0.12 * away, y: 0.1, z: 0 },
    release: { x: 0.02 * away, y: -0.14, z: 0 },
  };
};

const clipOf = (places: Places) => {
  const primitive = compilePrimitive(kinematics, places);
  return { primitive, clip: renderArmClip(kinematics, primitive, topCamera) };
};

/** Centre of the pixels that are far redder (or greener) than anything else, or null. */
function centreOf(pixels: Uint8Array, colour: "red" | "green", aside?: Point3) {
  const [strong, weak] = colour === "red" ? [0, 1] : [1, 0];
  const near = aside === undefined ? null : projectPoint(view, aside);
  let [x, y, count] = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += 3) {
    const column = (at / 3) % armClipSidePx;
    const row = Math.floor(at / 3 / armClipSidePx);
    const isColoured = pixels[at + strong]! > 150 && pixels[at + weak]! < 130;
    const isNear = near === null || (column - near.x) ** 2 + (row - near.y) ** 2 < 20 ** 2;
    if (!isColoured || !isNear) continue;
    x += column;
    y += row;
    count++;
  }
  return count === 0 ? null : { x: x / count, y: y / count, count };
}

test("the same trajectory renders the same clip, bit for bit", () => {
  const { clip } = clipOf(placesOf("left"));
  expect(clipOf(placesOf("left")).clip).toEqual(clip);
  expect(clip.frames).toHaveLength(armClipFrameCount);
});

test.each(arms)("the %s arm's closed fingers show where it grasps and where it lets go", (arm) => {
  const places = placesOf(arm);
  const { clip } = clipOf(places);
  const grasped = centreOf(clip.frames[1]!, "red")!;
  const released = centreOf(clip.frames[armClipFrameCount - 2]!, "red")!;
  const graspPx = projectPoint(view, places.grasp);
  const releasePx = projectPoint(view, places.release);
  // Two pixels are 10 mm; fingertips are above the table, so the camera sees them a little outwards.
  expect(Math.abs(grasped.x - graspPx.x)).toBeLessThan(3);
  expect(Math.abs(grasped.y - graspPx.y)).toBeLessThan(3);
  expect(Math.abs(released.x - releasePx.x)).toBeLessThan(3);
  expect(Math.abs(released.y - releasePx.y)).toBeLessThan(3);
});

test("fingers are green on the way to the object and on the way home, red in between", () => {
  const places = placesOf("left");
  const { frames } = clipOf(places).clip;
  const [first, last] = [frames[0]!, frames[armClipFrameCount - 1]!];
  expect(centreOf(first, "green", places.grasp)).not.toBeNull();
  expect(centreOf(first, "red")).toBeNull();
  expect(centreOf(last, "green", places.release)).not.toBeNull();
  expect(centreOf(last, "red")).toBeNull();
  for (const held of frames.slice(1, -1)) {
    const red = centreOf(held, "red");
    expect(red?.count).toBeGreaterThan(8);
  }
});

test("shows the steps at which the fingers have just closed and are about to open", () => {
  const { primitive } = clipOf(placesOf("right"));
  const steps = armClipSteps(primitive, armClipFrameCount);
  const [close, lift] = [primitive.phaseStarts[3]!, primitive.phaseStarts[4]!];
  expect(steps).toHaveLength(armClipFrameCount);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(steps[1]).toBeGreaterThan(close);
  expect(steps[1]).toBeLessThanOrEqual(lift);
  expect(closedShareAt(primitive, steps[1]!)).toBeGreaterThan(0.99);
  expect(closedShareAt(primitive, steps[armClipFrameCount - 2]! + 1)).toBeLessThan(1);
});

test("fingers that never close give evenly spaced steps", () => {
  const { primitive } = clipOf(placesOf("left"));
  const commands = primitive.commands.map((value, at) => (at % 8 === 7 ? 0.06 : value));
  const open = { ...primitive, commands };
  const last = primitive.stepCount - 1;
  expect(armClipSteps(open, 3)).toEqual([0, Math.round(last / 2), last]);
  expect(closedShareAt(open, Math.round(last / 2))).toBe(0);
});
