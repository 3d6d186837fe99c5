import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { loadOnnxSession } from "../../src/inference/onnxSession.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/learning/checkpoint.ts";
import { Graph } from "../../src/learning/graph/graph.ts";
import { linear } from "../../src/learning/graph/linear.ts";
import { initialWeights } from "../../src/learning/model.ts";

function smallModel() {
  const graph = new Graph();
  const y = linear(graph, "layer", graph.input("x", [2, 3]), { outputs: 4 });
  const weights = initialWeights(graph.trainedParameters, createRandom("checkpoint"));
  return { graph, outputs: { y }, weights };
}

function smallCheckpoint() {
  const { graph, outputs, weights } = smallModel();
  return encodeCheckpoint({ graph, outputs }, { weights, settings: '{"width":4}' });
}

const origin = "test.onnx";

test("weights and settings come back as they were", () => {
  const { graph, weights } = smallModel();
  const decoded = decodeCheckpoint(smallCheckpoint(), { origin, graph });
  expect(decoded.weights).toEqual(weights);
  expect(decoded.settings).toBe('{"width":4}');
});

test("equal weights give equal bytes", () => {
  expect(smallCheckpoint()).toEqual(smallCheckpoint());
});

test("a checkpoint is an ONNX model that runs by itself", async () => {
  const session = await loadOnnxSession({ bytes: smallCheckpoint(), origin });
  const { y } = await session.run({ x: new Float32Array(6) });
  await session.release();
  expect(y).toEqual(new Float32Array(8));
});

test("a checkpoint cut off anywhere is refused", () => {
  const bytes = smallCheckpoint();
  for (let length = 0; length < bytes.length; length += 7) {
    expect(() => decodeCheckpoint(bytes.slice(0, length), { origin })).toThrow(
      expect.objectContaining({ code: "CHECKPOINT_INVALID" }) as Error,
    );
  }
});

test("a changed weight is found", () => {
  const bytes = smallCheckpoint();
  const { weights } = smallModel();
  const needle = Buffer.from(weights.buffer, 0, 8);
  const at = Buffer.from(bytes).indexOf(needle);
  bytes[at + 1]! ^= 1;
  expect(() => decodeCheckpoint(bytes, { origin })).toThrow(/digest/);
});

test("weights of another architecture are refused", () => {
  const graph = new Graph();
  linear(graph, "layer", graph.input("x", [2, 3]), { outputs: 5 });
  expect(() => decodeCheckpoint(smallCheckpoint(), { origin, graph })).toThrow(/20 weights/);
});
