import { describe, expect, it } from "vitest";
import { beginBank, remember, type MemoryBank } from "../../../src/perception/sam2/memoryBank.ts";
import { createNvidiaVideoModel } from "../../../src/perception/sam2/nvidiaVideoModel.ts";
import type { GraphTensors, OnnxGraph } from "../../../src/perception/sam2/onnxGraph.ts";
import {
  frameTokens,
  memoryChannels,
  sam2Layouts,
  type GraphContract,
} from "../../../src/perception/sam2/sam2Layouts.ts";
import { createSquareZeroVideoModel } from "../../../src/perception/sam2/squareZeroVideoModel.ts";

const frameSize = frameTokens * memoryChannels;
/** Row r of the table is r + 1 throughout. */
const temporalCodes = Float32Array.from({ length: 7 * 64 }, (_, at) => Math.floor(at / 64) + 1);

/** A graph that answers zeros of its contract's shapes, and keeps what it was fed. */
function recordingGraph(contract: GraphContract): OnnxGraph & { readonly fed: GraphTensors[] } {
  const fed: GraphTensors[] = [];
  return {
    path: "none",
    ...contract,
    fed,
    run(feeds) {
      fed.push(feeds);
      const outputs = contract.outputs.map(({ name, shape }) => {
        // The one open side of these is that of the pointers' times.
        const sides = shape.map((side) => (typeof side === "number" ? side : name === "pointer_pos" ? 16 : 1)); // prettier-ignore
        const length = sides.reduce((product, side) => product * side, 1);
        return [name, { data: new Float32Array(length), shape: sides }];
      });
      return Promise.resolve(Object.fromEntries(outputs) as GraphTensors);
    },
    release: () => Promise.resolve(),
  };
}

/** Memories and pointers say which frame they are of, from 10 on. */
function bankAfter(frameCount: number): MemoryBank {
  const memoryOf = (frame: number) => ({
    features: new Float32Array(frameSize).fill(10 + frame),
    positions: new Float32Array(frameSize),
    temporalCodes,
    pointer: new Float32Array(256).fill(10 + frame),
  });
  let bank = beginBank(memoryOf(0));
  for (let frame = 1; frame < frameCount; frame++) bank = remember(bank, memoryOf(frame));
  return bank;
}

const everyNth = (data: ArrayLike<number>, step: number) =>
  Array.from({ length: Math.floor(data.length / step) }, (_, at) => data[at * step]!);

describe("NVIDIA's attention", () => {
  it("is fed as many memories and pointers as there are, with their ages", async () => {
    const layout = sam2Layouts.nvidia;
    const graphs = {
      image_encoder: recordingGraph(layout.image_encoder),
      mask_decoder: recordingGraph(layout.mask_decoder),
      memory_attention: recordingGraph(layout.memory_attention),
      memory_encoder: recordingGraph(layout.memory_encoder),
    };
    const model = createNvidiaVideoModel(graphs);
    const features = await model.encode({ data: new Float32Array(1), shape: [1] });
    await model.follow(features, bankAfter(3));
    const [feeds] = graphs.memory_attention.fed;
    expect(everyNth(feeds!["memory_1"]!.data, frameSize)).toEqual([10, 11, 12]);
    expect(feeds!["memory_1"]!.shape).toEqual([1, 3, 64, 64, 64]);
    // The prompted frame's pointer, then newest to oldest.
    expect(everyNth(feeds!["memory_0"]!.data, 256)).toEqual([10, 12, 11]);
    expect(feeds!["memory_pos_embed"]!.shape).toEqual([1, 3 * 4096 + 3 * 4, 64]);
    // The prompted frame has the last code, two frames back the second, one back the first.
    expect(everyNth(feeds!["memory_pos_embed"]!.data, frameSize).slice(0, 3)).toEqual([7, 2, 1]);
    expect([...feeds!["cond_frame_id_diff"]!.data]).toEqual([3]);
    // A frame without a prompt is decoded with one point that is none.
    expect([...graphs.mask_decoder.fed[0]!["point_labels"]!.data]).toEqual([-1]);
  });
});

describe("square-zero's attention", () => {
  const graphsOf = () => {
    const layout = sam2Layouts["square-zero"];
    return {
      vision_encoder: recordingGraph(layout.vision_encoder),
      mask_decoder: recordingGraph(layout.mask_decoder),
      memory_encoder: recordingGraph(layout.memory_encoder),
      memory_attention: recordingGraph(layout.memory_attention),
      pointer_tpos: recordingGraph(layout.pointer_tpos),
    };
  };

  it.each([
    ["the prompted frame alone", 1, [10, 10, 10, 10, 10, 10, 10], [7, 7, 7, 7, 7, 7, 7]],
    ["three frames", 3, [10, 12, 11, 12, 12, 12, 12], [7, 1, 2, 1, 1, 1, 1]],
    ["twenty frames", 20, [10, 29, 28, 27, 26, 25, 24], [7, 1, 2, 3, 4, 5, 6]],
  ])("is fed a bank of fixed size after %s", async (_, count, memories, codes) => {
    const graphs = graphsOf();
    const model = createSquareZeroVideoModel(graphs, temporalCodes);
    const features = await model.encode({ data: new Float32Array(1), shape: [1] });
    await model.follow(features, bankAfter(count));
    const [feeds] = graphs.memory_attention.fed;
    expect(feeds!["memory"]!.shape).toEqual([28736, 1, 64]);
    expect(everyNth(feeds!["memory"]!.data, frameSize).slice(0, 7)).toEqual(memories);
    expect(everyNth(feeds!["memory_pos"]!.data, frameSize).slice(0, 7)).toEqual(codes);
    const pointers = everyNth(feeds!["memory"]!.data.subarray(7 * frameSize), 256);
    const ages = [...graphs.pointer_tpos.fed[0]!["normalized_diffs"]!.data];
    expect(pointers).toHaveLength(16);
    pointers.forEach((pointer, at) => expect(ages[at]! * 15).toBeCloseTo(count - (pointer - 10)));
    expect(pointers[0]).toBe(10);
    expect(pointers[15]).toBe(count < 16 ? (count === 1 ? 10 : 11) : 10 + count - 15);
  });

  it("binarises the mask of a prompted frame only", async () => {
    const graphs = graphsOf();
    const model = createSquareZeroVideoModel(graphs, temporalCodes);
    const features = await model.encode({ data: new Float32Array(1), shape: [1] });
    const prompt = { coordinates: Float32Array.of(1, 2), labels: Float32Array.of(1) };
    const segmented = await model.segment(features, prompt);
    await model.encodeMemory(features, segmented, true);
    await model.encodeMemory(features, segmented, false);
    expect(graphs.memory_encoder.fed.map((feeds) => feeds["binarize"]!.data[0])).toEqual([1, 0]);
    expect(graphs.mask_decoder.fed[0]!["input_labels"]!.data).toEqual(Int32Array.of(1));
  });
});
