import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRgbImage, type Mask, type RgbImage } from "../../../src/core/image.ts";
import type { Scene } from "../../../src/ports/environment.ts";
import { loadSam2, type LoadedSam2 } from "../../../src/perception/sam2/loadSam2.ts";
import { sam2LayoutNames, type Sam2Layout } from "../../../src/perception/sam2/sam2Layouts.ts";
import { openWeightFolder } from "../../../src/perception/sam2/weightFolder.ts";
import { createSimulatedCell } from "../../../src/sim/simulatedCell.ts";
import { boundingBox, cloth, intersectionOverUnion, paintScene } from "../syntheticScene.ts";
import { alteredGraph, alteredModel, boxPrompting, constantBody, loadTiny } from "./tinyModels.ts";

let scenes: { readonly start: Scene; readonly goal: Scene };

beforeAll(async () => {
  const cell = await createSimulatedCell({ motionFrames: { fractions: [] } });
  scenes = await cell.reset({ task: "toy", seed: "seen/0" });
  await cell.close();
});

/** Rows moved by whole pixels; what comes in from beyond the border is the picture's own. */
function moved(samples: Uint8Array, rowLength: number, alongRow: number, rows: number): Uint8Array {
  const result = samples.slice();
  for (let y = 0; y * rowLength < samples.length; y++) {
    const from = (y - rows) * rowLength;
    if (from < 0 || from >= samples.length) continue;
    const kept = samples.subarray(from + Math.max(0, -alongRow), from + rowLength - Math.max(0, alongRow)); // prettier-ignore
    result.set(kept, y * rowLength + Math.max(0, alongRow));
  }
  return result;
}

/** A camera frame with everything elsewhere. */
function shifted(image: RgbImage, byX: number, byY: number): RgbImage {
  return { ...image, pixels: moved(image.pixels, 3 * image.widthPx, 3 * byX, byY) };
}

function shiftedMask(mask: Mask, byX: number, byY: number): Mask {
  return { ...mask, bits: moved(mask.bits, mask.widthPx, byX, byY) };
}

function emptyTable(image: RgbImage): RgbImage {
  const wood = [180, 150, 115];
  return { ...image, pixels: image.pixels.map((_, at) => wood[at % 3]!) };
}

describe.each<Sam2Layout>(sam2LayoutNames)("SAM2 of layout %s", (layout) => {
  let segmenter: LoadedSam2;
  beforeAll(async () => {
    segmenter = await loadTiny(layout);
  });
  afterAll(() => segmenter.release());

  it("finds the object of a camera frame from one box, IoU 0.9 or better", async () => {
    const { mask } = await segmenter.begin(scenes.start.image, scenes.start.box);
    expect(intersectionOverUnion(mask, scenes.start.truth!.mask)).toBeGreaterThan(0.9);
  });

  it("follows it through frames, and comes to the same bits again", async () => {
    const { image, box, truth } = scenes.start;
    const begun = await segmenter.begin(image, box);
    const first = await segmenter.propagate(shifted(image, 12, -6), begun.memory);
    expect(intersectionOverUnion(first.mask, shiftedMask(truth!.mask, 12, -6))).toBeGreaterThan(
      0.8,
    );
    const later = shifted(image, 24, -12);
    const second = await segmenter.propagate(later, first.memory);
    expect(intersectionOverUnion(second.mask, shiftedMask(truth!.mask, 24, -12))).toBeGreaterThan(
      0.8,
    );
    const again = await segmenter.propagate(later, first.memory);
    expect(Buffer.compare(again.mask.bits, second.mask.bits)).toBe(0);
  });

  it("takes pictures that are higher than wide", async () => {
    const { image, truth } = paintScene(cloth(false));
    const turn = <Value>(x: number, y: number, read: (at: number) => Value) =>
      read((image.heightPx - 1 - x) * image.widthPx + y);
    const turned = createRgbImage(image.heightPx, image.widthPx);
    const bits = truth.bits.slice();
    for (let at = 0; at < bits.length; at++) {
      const [x, y] = [at % turned.widthPx, Math.floor(at / turned.widthPx)];
      bits[at] = turn(x, y, (from) => truth.bits[from]!);
      turned.pixels.set(turn(x, y, (from) => image.pixels.subarray(3 * from, 3 * from + 3)), 3 * at); // prettier-ignore
    }
    const turnedTruth = { widthPx: turned.widthPx, heightPx: turned.heightPx, bits };
    const { mask } = await segmenter.begin(turned, boundingBox(turnedTruth, 6));
    expect([mask.widthPx, mask.heightPx]).toEqual([180, 320]);
    expect(intersectionOverUnion(mask, turnedTruth)).toBeGreaterThan(0.8);
  });

  it("says so when there is nothing in the box", async () => {
    const box = { x: 400, y: 40, width: 90, height: 60 };
    await expect(segmenter.begin(emptyTable(scenes.start.image), box)).rejects.toMatchObject({
      code: "MASK_EMPTY",
    });
  });
});

describe.each<Sam2Layout>(["nvidia", "square-zero"])("SAM2's memory of layout %s", (layout) => {
  it("finds the object again after a frame that hid it", async () => {
    const segmenter = await loadTiny(layout);
    const { image, box, truth } = scenes.start;
    const begun = await segmenter.begin(image, box);
    const hidden = await segmenter.propagate(emptyTable(image), begun.memory);
    expect(hidden.mask.bits.includes(1)).toBe(false);
    const again = await segmenter.propagate(image, hidden.memory);
    expect(intersectionOverUnion(again.mask, truth!.mask)).toBeGreaterThan(0.8);
    await segmenter.release();
  });
});

describe("SAM2's prompts", () => {
  it("are a click where that is asked for, and the box says nothing", async () => {
    const { image, box, truth } = paintedCloth();
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const points = [{ ...middle, isObject: true }];
    const segmenter = await loadTiny("samexporter", { kind: "points", points });
    const { mask } = await segmenter.begin(image, { x: 0, y: 0, width: 5, height: 5 });
    await segmenter.release();
    expect(intersectionOverUnion(mask, truth)).toBeGreaterThan(0.5);
  });

  it.each(sam2LayoutNames)("may be a grid over the table: %s", async (layout) => {
    const { image, truth } = paintedCloth();
    const segmenter = await loadTiny(layout, { kind: "grid", pointsPerSide: 3 });
    const { mask } = await segmenter.begin(image, { x: 60, y: 0, width: 250, height: 180 });
    await segmenter.release();
    expect(intersectionOverUnion(mask, truth)).toBeGreaterThan(0.5);
  });

  it("find nothing by a grid over a bare table", async () => {
    const segmenter = await loadTiny("nvidia", { kind: "grid", pointsPerSide: 2 });
    const table = emptyTable(scenes.start.image);
    const box = { x: 300, y: 100, width: 200, height: 200 };
    await expect(segmenter.begin(table, box)).rejects.toMatchObject({ code: "MASK_EMPTY" });
    await segmenter.release();
  });

  it("are refused outside the picture", async () => {
    const points = [{ x: 4000, y: 10, isObject: true }];
    const segmenter = await loadTiny("nvidia", { kind: "points", points });
    await expect(segmenter.begin(scenes.start.image, scenes.start.box)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
    await segmenter.release();
  });
});

/** A cloth of one colour, so that one click names all of it. */
function paintedCloth() {
  const isCloth = (x: number, y: number) => x > 150 && x < 220 && y > 70 && y < 120;
  const { image, truth } = paintScene((x, y) => (isCloth(x, y) ? [60, 90, 200] : null));
  return { image, truth, box: boundingBox(truth, 6) };
}

describe("a model whose numbers are none", () => {
  it.each([NaN, Infinity])("fails with the output that holds %s", async (value) => {
    const decoder = alteredGraph("samexporter", "decoder", { body: constantBody(value) });
    const folder = alteredModel("samexporter", { "decoder.onnx": decoder });
    const options = { prompting: boxPrompting, threads: 1 };
    const segmenter = await loadSam2(await openWeightFolder(folder), options);
    await expect(segmenter.begin(scenes.start.image, scenes.start.box)).rejects.toMatchObject({
      code: "MODEL_FAILED",
      message: expect.stringContaining("finite numbers in masks") as string,
    });
    await segmenter.release();
  });
});
