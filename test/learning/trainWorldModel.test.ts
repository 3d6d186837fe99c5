import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { finalFramePsnrDb } from "../../src/learning/finalFramePsnr.ts";
import { createPredictor } from "../../src/learning/predictor.ts";
import { trainWorldModel } from "../../src/learning/trainWorldModel.ts";
import { dreamSampleOf } from "../../src/learning/worldModelBatches.ts";
import { decodeWorldModel, encodeWorldModel, worldModelGraph, type WorldModelWeights } from "../../src/learning/worldModelCheckpoint.ts"; // prettier-ignore
import { draggedDots, tinyBackbone, tinyWorldModel } from "./tinyWorldModel.ts";

const clips = draggedDots(16, "dots");

async function answerOf(model: WorldModelWeights): Promise<Float32Array> {
  const { architecture, weights, backbone } = model;
  const { graph, change } = worldModelGraph(architecture, 1);
  const predictor = await createPredictor({
    graph,
    outputs: { change },
    weights,
    ...(architecture.hasControl ? { frozenWeights: backbone } : {}),
  });
  const sample = dreamSampleOf(clips[0]!, architecture, createRandom("noise"));
  const feeds = Object.fromEntries([...predictor.inputs.keys()].map((name) => [name, sample[name]!])); // prettier-ignore
  const answer = (await predictor.run(feeds))["change"] as Float32Array;
  await predictor.release();
  return answer;
}

test("a control branch that has learned nothing leaves the backbone's answer as it is, bit for bit", async () => {
  expect(await answerOf(tinyWorldModel())).toEqual(await answerOf(tinyBackbone()));
});

test("training moves the control branch and leaves every bit of the backbone", async () => {
  const before = tinyWorldModel();
  const init = encodeWorldModel(before);
  const { checkpoint } = await trainWorldModel({ init, clips, steps: 2, learningRate: 1e-2, seed: "a", threads: 1 }); // prettier-ignore
  const after = decodeWorldModel(checkpoint, "test");
  expect(after.backbone).toEqual(before.backbone);
  expect(after.weights).not.toEqual(before.weights);
});

test("the same seed trains the same checkpoint, another seed another one", async () => {
  const train = async (seed: string) => {
    const init = encodeWorldModel(tinyWorldModel());
    const trained = await trainWorldModel({
      init,
      clips,
      steps: 2,
      learningRate: 1e-2,
      seed,
      threads: 1,
    });
    return { ...trained, checkpoint: Buffer.from(trained.checkpoint).toString("base64") };
  };
  const first = await train("a");
  expect(await train("a")).toEqual(first);
  expect((await train("b")).checkpoint).not.toBe(first.checkpoint);
});

test("learns to follow the arm: held-out dots are dreamed where the finger takes them", async () => {
  const init = encodeWorldModel(tinyWorldModel());
  const many = draggedDots(128, "many dots");
  const { checkpoint, selected, curve, columns } = await trainWorldModel({
    init,
    clips: many,
    steps: 100,
    learningRate: 6e-3,
    threads: 1,
    seed: "follow",
  });
  const unseen = draggedDots(24, "unseen dots");
  const psnrOf = (model: WorldModelWeights) =>
    finalFramePsnrDb(model, unseen, createRandom("noise"));
  const before = await psnrOf(tinyWorldModel());
  const after = await psnrOf(decodeWorldModel(checkpoint, "test"));
  expect(after).toBeGreaterThan(before + 3);
  expect(selected.step).toBeGreaterThan(0);
  expect(curve.length % columns.length).toBe(0);
}, 240_000);

test("keeps the start when no step dreams better", async () => {
  const init = encodeWorldModel(tinyWorldModel());
  const { checkpoint, selected } = await trainWorldModel({
    init,
    clips,
    steps: 2,
    // Steps so large that they can only do harm.
    learningRate: 1e4,
    seed: "a",
    threads: 1,
  });
  expect(selected.step).toBe(0);
  expect(decodeWorldModel(checkpoint, "test").weights).toEqual(tinyWorldModel().weights);
});

test("reports progress step by step", async () => {
  const seen: [number, number][] = [];
  await trainWorldModel({
    init: encodeWorldModel(tinyWorldModel()),
    clips,
    steps: 3,
    seed: "a",
    threads: 1,
    onProgress: (done, total) => seen.push([done, total]),
  });
  expect(seen).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test.each([
  ["one clip", { clips: clips.slice(0, 1) }, "ARGUMENT_INVALID"],
  ["a backbone alone", { init: encodeWorldModel(tinyBackbone()) }, "ARGUMENT_INVALID"],
  ["a truncated checkpoint", { init: encodeWorldModel(tinyWorldModel()).slice(0, -100) }, "CHECKPOINT_INVALID"], // prettier-ignore
  ["a clip with a frame missing", { clips: clips.map((clip) => ({ ...clip, targets: clip.targets.slice(1) })) }, "ARGUMENT_INVALID"], // prettier-ignore
])("refuses %s", async (_, wrong, code) => {
  const training = {
    init: encodeWorldModel(tinyWorldModel()),
    clips,
    steps: 1,
    seed: "a",
    threads: 1,
  };
  await expect(trainWorldModel({ ...training, ...wrong })).rejects.toMatchObject({ code });
});
