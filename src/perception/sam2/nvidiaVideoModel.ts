import { datedMemories, datedPointers, datedPositions } from "./memoryBank.ts";
import { noPrompt, type EncodedPrompt } from "./maskPrompt.ts";
import type { GraphTensors, OnnxGraph } from "./onnxGraph.ts";
import {
  featureChannels,
  featureSide,
  frameTokens,
  memoryChannels,
  tokensPerPointer,
  type GraphName,
} from "./sam2Layouts.ts";
import { floatsOf, joined, type SegmentedFrame, type VideoModel } from "./videoModel.ts";

/**
 * The modules of SAM2-ONNX-TRT. Its attention takes as many memories and pointers as there are, and
 * dates the pointers itself: the first by `cond_frame_id_diff`, the others as 1, 2, 3 … frames back.
 * The host adds the temporal code to the positions of each memory.
 */
export function createNvidiaVideoModel(
  graphs: Readonly<Record<GraphName<"nvidia">, OnnxGraph>>,
): VideoModel {
  const decode = async (
    features: GraphTensors,
    imageEmbed: GraphTensors[string],
    prompt: EncodedPrompt,
  ): Promise<SegmentedFrame> => {
    const count = prompt.labels.length;
    const decoded = await graphs.mask_decoder.run({
      point_coords: { data: prompt.coordinates, shape: [1, count, 2] },
      point_labels: { data: prompt.labels, shape: [1, count] },
      image_embed: imageEmbed,
      high_res_feats_0: features["high_res_feat0"]!,
      high_res_feats_1: features["high_res_feat1"]!,
    });
    return {
      logits: floatsOf(decoded, "pred_mask"),
      predictedIou: floatsOf(decoded, "iou")[0]!,
      objectLogit: floatsOf(decoded, "occ_logit")[0]!,
      pointer: floatsOf(decoded, "obj_ptr"),
      maskForMemory: decoded["mask_for_mem"]!,
    };
  };
  return {
    encode: (input) => graphs.image_encoder.run({ image: input }),
    segment: (features, prompt) => decode(features, features["vision_feats"]!, prompt),
    async follow(features, bank) {
      const memories = datedMemories(bank);
      const pointers = datedPointers(bank);
      const attended = await graphs.memory_attention.run({
        current_vision_feat: features["vision_feats"]!,
        current_vision_pos_embed: features["vision_pos_embed"]!,
        memory_0: {
          data: joined(pointers.map(({ pointer }) => pointer)),
          shape: [1, pointers.length, featureChannels],
        },
        memory_1: {
          data: joined(memories.map(({ memory }) => memory.features)),
          shape: [1, memories.length, memoryChannels, featureSide, featureSide],
        },
        memory_pos_embed: {
          // The graph writes the pointers' positions, the last rows, itself.
          data: joined([
            ...memories.map(datedPositions),
            new Float32Array(pointers.length * tokensPerPointer * memoryChannels),
          ]),
          shape: [1, memories.length * frameTokens + pointers.length * tokensPerPointer, memoryChannels], // prettier-ignore
        },
        cond_frame_id_diff: { data: Float32Array.of(pointers[0]!.framesBack), shape: [] },
      });
      return decode(features, attended["image_embed"]!, noPrompt);
    },
    async encodeMemory(features, { maskForMemory, objectLogit, pointer }) {
      const encoded = await graphs.memory_encoder.run({
        mask_for_mem: maskForMemory,
        pix_feat: features["pix_feat"]!,
        occ_logit: { data: Float32Array.of(objectLogit), shape: [1, 1] },
      });
      return {
        features: floatsOf(encoded, "maskmem_features"),
        positions: floatsOf(encoded, "maskmem_pos_enc"),
        temporalCodes: floatsOf(encoded, "temporal_code"),
        pointer,
      };
    },
    async release() {
      for (const graph of Object.values(graphs)) await graph.release();
    },
  };
}
