import { describe, expect, it } from "vitest";
import { connectedComponents } from "../../src/perception/connectedComponents.ts";
import { createColourSegmenter } from "../../src/perception/colourSegmenter.ts";
import { boundingBox, cloth, intersectionOverUnion, paintScene, rope } from "./syntheticScene.ts";

const boxMarginPx = 6;

describe("the colour segmenter", () => {
  it.each([
    ["a striped rope", rope],
    ["a patterned cloth", cloth(false)],
    ["a cloth that shows both sides", cloth(true)],
  ])("finds %s from one box", async (_name, object) => {
    const { image, truth } = paintScene(object);
    const { mask } = await createColourSegmenter().begin(image, boundingBox(truth, boxMarginPx));
    expect(intersectionOverUnion(mask, truth)).toBeGreaterThan(0.95);
  });

  it("keeps both parts of a rope that an arm covers in the middle", async () => {
    const segmenter = createColourSegmenter();
    const first = paintScene(rope);
    const { memory } = await segmenter.begin(first.image, boundingBox(first.truth, boxMarginPx));
    const covered = paintScene(rope, 170, 2);
    const { mask } = await segmenter.propagate(covered.image, memory);
    expect(intersectionOverUnion(mask, covered.truth)).toBeGreaterThan(0.95);
    expect(connectedComponents(mask.bits, mask.widthPx).length).toBeGreaterThanOrEqual(1);
  });

  it("takes a colour seen nowhere before for the object: a cloth's other side", async () => {
    const segmenter = createColourSegmenter();
    const first = paintScene(cloth(false));
    const { memory } = await segmenter.begin(first.image, boundingBox(first.truth, boxMarginPx));
    const turned = paintScene(cloth(true), 60, 3);
    const { mask } = await segmenter.propagate(turned.image, memory);
    expect(intersectionOverUnion(mask, turned.truth)).toBeGreaterThan(0.95);
  });

  it("remembers nothing but the first frame: order of frames does not matter", async () => {
    const segmenter = createColourSegmenter();
    const first = paintScene(rope);
    const begun = await segmenter.begin(first.image, boundingBox(first.truth, boxMarginPx));
    const later = paintScene(rope, 120, 4);
    const direct = await segmenter.propagate(later.image, begun.memory);
    const between = await segmenter.propagate(first.image, begun.memory);
    expect((await segmenter.propagate(later.image, between.memory)).mask).toEqual(direct.mask);
  });

  it("refuses a box with nothing but table in it", async () => {
    const { image } = paintScene(() => null);
    const box = { x: 120, y: 20, width: 80, height: 40 };
    await expect(createColourSegmenter().begin(image, box)).rejects.toMatchObject({
      code: "MASK_EMPTY",
    });
  });

  it("says so when the object is gone", async () => {
    const segmenter = createColourSegmenter();
    const first = paintScene(rope);
    const { memory } = await segmenter.begin(first.image, boundingBox(first.truth, boxMarginPx));
    const { image } = paintScene(() => null, 50, 5);
    await expect(segmenter.propagate(image, memory)).rejects.toMatchObject({ code: "MASK_EMPTY" });
  });
});
