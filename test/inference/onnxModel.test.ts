import { expect, test } from "vitest";
import { encodeOnnxModel, readOnnx, type OnnxModel } from "../../src/inference/onnxModel.ts";

const model: OnnxModel = {
  name: "test",
  nodes: [{ operator: "Add", domain: "", inputs: ["x", "offset"], outputs: ["y"], attributes: {} }],
  initialisers: [
    { name: "offset", shape: [2], data: Float32Array.of(1.5, -2) },
    { name: "sizes", shape: [1], data: BigInt64Array.of(-7n) },
  ],
  inputs: [{ name: "x", shape: [2] }],
  outputs: [{ name: "y", shape: [2] }],
  metadata: { settings: '{"gruß":1}' },
};

test("float constants and metadata are read back", () => {
  const { tensors, metadata } = readOnnx(encodeOnnxModel(model));
  expect([...tensors]).toEqual([["offset", Float32Array.of(1.5, -2)]]);
  expect([...metadata]).toEqual([["settings", '{"gruß":1}']]);
});

test("equal models give equal bytes", () => {
  expect(encodeOnnxModel(model)).toEqual(encodeOnnxModel(model));
});

test.each([
  ["no bytes", new Uint8Array()],
  ["text", new TextEncoder().encode("not a model")],
  ["half a model", encodeOnnxModel(model).slice(0, 60)],
])("%s is refused with the place it came from", (_, bytes) => {
  expect(() => readOnnx(bytes, "weights.onnx")).toThrow(
    expect.objectContaining({
      code: "CHECKPOINT_INVALID",
      message: expect.stringContaining("weights.onnx") as string,
    }) as Error,
  );
});
