import { expect, test } from "vitest";
import { digestBytes } from "../../src/core/digest.ts";
import { numericFingerprint } from "../../src/inference/numericFingerprint.ts";
import { loadOnnxSession } from "../../src/inference/onnxSession.ts";
import { scale } from "../../src/learning/graph/elementwise.ts";
import { Graph } from "../../src/learning/graph/graph.ts";
import { encodeInferenceModel } from "../../src/learning/model.ts";

const origin = "double.onnx";

/** A model that doubles three numbers. */
function doublingModel(): Uint8Array {
  const graph = new Graph();
  const y = scale(graph.input("x", [3]), 2);
  return encodeInferenceModel({ graph, outputs: { y }, weights: new Float32Array() });
}

test("a model says its inputs and outputs, and runs", async () => {
  const bytes = doublingModel();
  const session = await loadOnnxSession({ bytes, digest: digestBytes(bytes), origin });
  expect(session.inputs).toEqual(new Map([["x", [3]]]));
  expect(session.outputs).toEqual(new Map([["y", [3]]]));
  expect(await session.run({ x: Float32Array.of(1, 2, 3) })).toEqual({
    y: Float32Array.of(2, 4, 6),
  });
  await session.release();
});

test("an output can be written in place", async () => {
  const session = await loadOnnxSession({ bytes: doublingModel(), origin });
  const y = new Float32Array(3);
  await session.run({ x: Float32Array.of(1, 2, 3) }, { y });
  expect(y).toEqual(Float32Array.of(2, 4, 6));
  await session.release();
});

test.each([0, 10, 60])("a model cut off after %d bytes is refused", async (length) => {
  await expect(
    loadOnnxSession({ bytes: doublingModel().slice(0, length), origin }),
  ).rejects.toMatchObject({
    code: "CHECKPOINT_INVALID",
    message: expect.stringContaining(origin) as string,
  });
});

test("a model with another digest is refused before it is loaded", async () => {
  await expect(
    loadOnnxSession({ bytes: doublingModel(), digest: digestBytes("another"), origin }),
  ).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
});

test("a missing or wrongly sized input is refused by name", async () => {
  const session = await loadOnnxSession({ bytes: doublingModel(), origin });
  await expect(session.run({})).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  await expect(session.run({ x: new Float32Array(2) })).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    message: expect.stringContaining("3 items") as string,
  });
  await session.release();
});

test("the numeric fingerprint names runtime, processor and threads, and stays the same", () => {
  expect(numericFingerprint(2)).toMatch(/^onnxruntime \d+\.\d+\.\d+; .+; 2 threads$/);
  expect(numericFingerprint()).toBe(numericFingerprint(1));
});
