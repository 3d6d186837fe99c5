import { afterEach, expect, test } from "vitest";
import { armClipFrameCount, armClipSidePx } from "../../src/core/cell.ts";
import { createRgbImage, type RgbVideo } from "../../src/core/image.ts";
import { createRandom } from "../../src/core/random.ts";
import { loadWorldModel } from "../../src/dreaming/worldModel.ts";
import { encodeWorldModel, type WorldModelWeights } from "../../src/learning/worldModelCheckpoint.ts"; // prettier-ignore
import type { DreamRequest, WorldModel } from "../../src/ports/worldModel.ts";
import { tinyBackbone, tinySidePx, tinyWorldModel } from "../learning/tinyWorldModel.ts";

const opened: WorldModel[] = [];
afterEach(async () => {
  for (const model of opened.splice(0)) await model.close();
});

/** A tiny world model whose control branch says something. */
function disturbed(): WorldModelWeights {
  const model = tinyWorldModel();
  const random = createRandom("disturbed");
  return { ...model, weights: model.weights.map((weight) => weight + 0.05 * random.normal()) };
}

async function open(samplingSteps = 1, weights = disturbed()): Promise<WorldModel> {
  const model = await loadWorldModel({ checkpoint: encodeWorldModel(weights), samplingSteps });
  opened.push(model);
  return model;
}

function noiseImage(seed: string) {
  const random = createRandom(seed);
  const pixels = Uint8Array.from({ length: 3 * tinySidePx ** 2 }, () => random.index(256));
  return createRgbImage(tinySidePx, tinySidePx, pixels);
}

/** Arms of one brightness everywhere. */
function evenClip(brightness: number): RgbVideo {
  const frames = Array.from({ length: armClipFrameCount }, () =>
    new Uint8Array(3 * armClipSidePx * armClipSidePx).fill(brightness),
  );
  return { widthPx: armClipSidePx, heightPx: armClipSidePx, fps: 2, frames };
}

function request(changes: Partial<DreamRequest> = {}): DreamRequest {
  return { firstFrame: noiseImage("first"), armClip: evenClip(80), seed: "seed", ...changes };
}

test("dreams frames of the model's side and number", async () => {
  const model = await open();
  const [dream] = await model.dream([request()]);
  expect(dream).toMatchObject({ widthPx: tinySidePx, heightPx: tinySidePx });
  expect(dream!.frames).toHaveLength(model.frameCount);
  expect(dream!.frames[0]).toHaveLength(3 * tinySidePx * tinySidePx);
});

test.each([1, 2, 10])("in %d sampling steps the same request dreams the same", async (steps) => {
  const [first] = await (await open(steps)).dream([request()]);
  const [again] = await (await open(steps)).dream([request()]);
  expect(again).toEqual(first);
});

test("another seed, another arm and another first frame each dream something else", async () => {
  const model = await open(2);
  const dreams = await model.dream([
    request(),
    request({ seed: "another" }),
    request({ armClip: evenClip(200) }),
    request({ firstFrame: noiseImage("another") }),
  ]);
  const texts = dreams.map(({ frames }) => Buffer.concat(frames).toString("base64"));
  expect(new Set(texts).size).toBe(4);
});

test("a batch dreams what its requests dream one at a time", async () => {
  const model = await open(2);
  const requests = ["a", "b", "c"].map((seed) => request({ seed, firstFrame: noiseImage(seed) }));
  const singles = [];
  for (const one of requests) singles.push(...(await model.dream([one])));
  expect(await model.dream(requests)).toEqual(singles);
});

test("a backbone alone dreams too, whatever the arm does", async () => {
  const model = await open(1, tinyBackbone());
  const [still, moved] = await model.dream([request(), request({ armClip: evenClip(250) })]);
  expect(moved).toEqual(still);
});

test("arithmetic grows with the sampling steps", async () => {
  const one = await open(1);
  const four = await open(4);
  expect(one.gflopPerDream).toBeGreaterThan(0);
  expect(four.gflopPerDream).toBeCloseTo(4 * one.gflopPerDream, 10);
});

test.each([0, 11, 1.5])("refuses %d sampling steps", async (samplingSteps) => {
  await expect(open(samplingSteps)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
});

test("refuses a checkpoint that is cut off, wherever", async () => {
  const bytes = encodeWorldModel(disturbed());
  for (const share of [0, 0.1, 0.5, 0.9, 0.999]) {
    const checkpoint = bytes.slice(0, Math.floor(share * bytes.length));
    await expect(loadWorldModel({ checkpoint, samplingSteps: 1 })).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
    });
  }
});

test("refuses pictures of another size", async () => {
  const model = await open();
  const wide = createRgbImage(32, 16);
  await expect(model.dream([request({ firstFrame: wide })])).rejects.toMatchObject({
    code: "IMAGE_INVALID",
  });
  const short = { ...evenClip(0), frames: [] };
  await expect(model.dream([request({ armClip: short })])).rejects.toMatchObject({
    code: "VIDEO_INVALID",
  });
});
