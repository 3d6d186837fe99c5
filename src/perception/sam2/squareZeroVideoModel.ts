import {
  datedMemories,
  datedPointers,
  datedPositions,
  framesBackMax,
  type MemoryBank,
} from "./memoryBank.ts";
import { noPrompt, type EncodedPrompt } from "./maskPrompt.ts";
import type { GraphTensor, GraphTensors, OnnxGraph } from "./onnxGraph.ts";
import {
  attendedFramesMax,
  attendedPointersMax,
  featureChannels,
  fixedMemoryRows,
  frameTokens,
  memoryChannels,
  tokensPerPointer,
  type GraphName,
} from "./sam2Layouts.ts";
import { floatsOf, joined, transpose, type SegmentedFrame, type VideoModel } from "./videoModel.ts";

/**
 * The graphs of sam2.1-tiny-video-onnx. Its attention takes a bank of fixed size: seven memories and
 * sixteen pointers. Places that nothing fills yet repeat the newest entry, as its authors validated.
 *
 * @param temporalCodes - shape [7, 64], from the file of constants.
 */
export function createSquareZeroVideoModel(
  graphs: Readonly<Record<GraphName<"square-zero">, OnnxGraph>>,
  temporalCodes: Float32Array,
): VideoModel {
  const decode = async (
    features: GraphTensors,
    conditioned: GraphTensor,
    prompt: EncodedPrompt,
  ): Promise<SegmentedFrame> => {
    const count = prompt.labels.length;
    const decoded = await graphs.mask_decoder.run({
      feats0: features["feats0"]!,
      feats1: features["feats1"]!,
      feats2_cond: conditioned,
      input_points: { data: prompt.coordinates, shape: [1, 1, count, 2] },
      input_labels: { data: Int32Array.from(prompt.labels), shape: [1, 1, count] },
    });
    return {
      logits: floatsOf(decoded, "low_res_mask"),
      predictedIou: floatsOf(decoded, "iou")[0]!,
      objectLogit: floatsOf(decoded, "object_score_logits")[0]!,
      pointer: floatsOf(decoded, "object_pointer"),
      maskForMemory: decoded["high_res_mask"]!,
    };
  };
  return {
    encode: (input) => graphs.vision_encoder.run({ pixel_values: input }),
    segment: (features, prompt) => decode(features, features["feats2_no_mem"]!, prompt),
    async follow(features, bank) {
      const attended = await graphs.memory_attention.run({
        current_vision_features: asColumn(features, "feats2"),
        current_vision_position_embeddings: asColumn(features, "vision_pos_embed"),
        ...(await fixedBank(bank, graphs.pointer_tpos)),
      });
      return decode(features, attended["conditioned_feats"]!, noPrompt);
    },
    async encodeMemory(features, { maskForMemory, objectLogit, pointer }, isPrompted) {
      const encoded = await graphs.memory_encoder.run({
        feats2: features["feats2"]!,
        high_res_mask: maskForMemory,
        object_score_logits: { data: Float32Array.of(objectLogit), shape: [1, 1] },
        binarize: { data: Float32Array.of(isPrompted ? 1 : 0), shape: [] },
      });
      return {
        features: floatsOf(encoded, "memory_tokens"),
        positions: floatsOf(encoded, "memory_pos"),
        temporalCodes,
        pointer,
      };
    },
    async release() {
      for (const graph of Object.values(graphs)) await graph.release();
    },
  };
}

/** Features of shape [1, 256, 64, 64] as the attention takes them. */
function asColumn(features: GraphTensors, name: string): GraphTensor {
  const data = transpose(floatsOf(features, name), featureChannels, frameTokens);
  return { data, shape: [frameTokens, 1, featureChannels] };
}

/** The bank as tokens and their positions: memories first, then four tokens a pointer. */
async function fixedBank(bank: MemoryBank, pointerTimes: OnnxGraph): Promise<GraphTensors> {
  const memories = filled(newestAfterPrompted(datedMemories(bank)), attendedFramesMax, 1);
  const known = datedPointers(bank);
  const pointers = filled(known, attendedPointersMax, known.length - 1);
  const timed = await pointerTimes.run({
    normalized_diffs: {
      data: Float32Array.from(pointers, ({ framesBack }) => framesBack / framesBackMax),
      shape: [pointers.length],
    },
  });
  const times = floatsOf(timed, "pointer_pos");
  const pointerPositions = pointers.flatMap((_, at) => {
    const time = times.subarray(at * memoryChannels, (at + 1) * memoryChannels);
    return Array.from({ length: tokensPerPointer }, () => time);
  });
  const shape = [fixedMemoryRows, 1, memoryChannels];
  return {
    memory: {
      data: joined([
        ...memories.map(({ memory }) => memory.features),
        ...pointers.map(({ pointer }) => pointer),
      ]),
      shape,
    },
    memory_pos: { data: joined([...memories.map(datedPositions), ...pointerPositions]), shape },
  };
}

function newestAfterPrompted<Memory>([prompted, ...recent]: readonly Memory[]): readonly Memory[] {
  return [prompted!, ...recent.toReversed()];
}

/** @param spare - which entry stands in for those that are missing; the first where there is none such. */
function filled<Entry>(entries: readonly Entry[], count: number, spare: number): readonly Entry[] {
  const standIn = entries[spare] ?? entries[0]!;
  return Array.from({ length: count }, (_, at) => entries[at] ?? standIn);
}
