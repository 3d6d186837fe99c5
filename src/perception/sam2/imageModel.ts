import type { EncodedPrompt } from "./maskPrompt.ts";
import type { MaskCandidate } from "./maskLogits.ts";
import type { GraphTensor, GraphTensors, OnnxGraph } from "./onnxGraph.ts";
import { logitSidePx, type GraphName } from "./sam2Layouts.ts";
import { floatsOf } from "./videoModel.ts";

/** Encoder and decoder of single pictures. */
export interface ImageModel {
  /** @param input - shape [1, 3, 1024, 1024], as `encoderInput` makes it. */
  encode(input: GraphTensor): Promise<GraphTensors>;
  /**
   * @param earlier - logits of a mask that this one should be like, shape [256, 256].
   * @returns three candidates: for one click it is open whether a part or the whole is meant.
   */
  decode(
    features: GraphTensors,
    prompt: EncodedPrompt,
    earlier: Float32Array | null,
  ): Promise<readonly MaskCandidate[]>;
  release(): Promise<void>;
}

const logitCount = logitSidePx * logitSidePx;

export function createImageModel(
  graphs: Readonly<Record<GraphName<"samexporter">, OnnxGraph>>,
): ImageModel {
  return {
    encode: (input) => graphs.encoder.run({ image: input }),
    async decode(features, prompt, earlier) {
      const count = prompt.labels.length;
      const decoded = await graphs.decoder.run({
        ...features,
        point_coords: { data: prompt.coordinates, shape: [1, count, 2] },
        point_labels: { data: prompt.labels, shape: [1, count] },
        mask_input: {
          data: earlier ?? new Float32Array(logitCount),
          shape: [1, 1, logitSidePx, logitSidePx],
        },
        has_mask_input: { data: Float32Array.of(earlier === null ? 0 : 1), shape: [1] },
      });
      const masks = floatsOf(decoded, "masks");
      return Array.from(floatsOf(decoded, "iou_predictions"), (predictedIou, at) => ({
        logits: masks.slice(at * logitCount, (at + 1) * logitCount),
        predictedIou,
      }));
    },
    async release() {
      for (const graph of Object.values(graphs)) await graph.release();
    },
  };
}
