import { afterAll, beforeAll, expect, it } from "vitest";
import { objectInDream } from "../../src/app/objectInDream.ts";
import { cropSidePx, cropWindow, tasks } from "../../src/core/cell.ts";
import type { RgbImage } from "../../src/core/image.ts";
import { objectIou } from "../../src/media/imageQuality.ts";
import { createColourSegmenter } from "../../src/perception/colourSegmenter.ts";
import { takeCrop } from "../../src/perception/objectCrop.ts";
import { createSimulatedCell, type SimulatedCell } from "../../src/sim/simulatedCell.ts";

let cell: SimulatedCell;
beforeAll(async () => {
  cell = await createSimulatedCell({ motionFrames: { fractions: [] } });
});
afterAll(() => cell.close());

it.each(tasks)(
  "finds %s in a full-scene crop, as if it had been cut out of the frame",
  async (task) => {
    const { camera } = cell;
    const crop = (image: RgbImage) => takeCrop(image, null, cropWindow(camera), cropSidePx);
    for (const seed of ["dream/0", "dream/1"]) {
      const { start, goal } = await cell.reset({ task, seed });
      const scene = { firstCrop: crop(start.image), box: start.box, camera };
      const found = await objectInDream(createColourSegmenter(), scene, crop(goal.image));
      const expected = takeCrop(goal.image, goal.truth!.mask, cropWindow(camera), cropSidePx);
      expect(objectIou(found, expected)).toBeGreaterThan(0.7);
    }
  },
);

it("finds nothing in a dream without an object", async () => {
  const { camera } = cell;
  const { start } = await cell.reset({ task: "toy", seed: "dream/0" });
  const firstCrop = takeCrop(start.image, null, cropWindow(camera), cropSidePx);
  const table = { ...firstCrop, pixels: firstCrop.pixels.slice() };
  for (let at = 0; at < table.pixels.length; at += 3) table.pixels.set([188, 168, 140], at);
  const scene = { firstCrop, box: start.box, camera };
  const found = await objectInDream(createColourSegmenter(), scene, table);
  expect(found.pixels.every((channel) => channel === 255)).toBe(true);
});
