/** A side of a tensor; a name stands for one that the exporter left open. */
export type Side = number | string;

/** An input or output as a graph declares it. */
export interface GraphPort {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly Side[];
}

/** What a graph must take and give to be used here. */
export interface GraphContract {
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
}

/** Side of the square that the encoder sees, pixels. */
export const encoderSidePx = 1024;
/** Side of the decoder's mask logits. */
export const logitSidePx = 256;
/** Side of the coarsest features, and with it of a memory: one entry for 16 × 16 pixels. */
export const featureSide = 64;
export const featureChannels = 256;
export const memoryChannels = 64;
/** Memory tokens of one frame. */
export const frameTokens = featureSide * featureSide;
/** Frames whose memories are attended to: the prompted one and the last six. */
export const attendedFramesMax = 7;
/** Object pointers that are attended to: the prompted frame's and the last fifteen. */
export const attendedPointersMax = 16;
/** A pointer is as long as this many memory tokens. */
export const tokensPerPointer = featureChannels / memoryChannels;
/** Rows of a memory bank of fixed size. */
export const fixedMemoryRows =
  attendedFramesMax * frameTokens + attendedPointersMax * tokensPerPointer;

const float = (name: string, ...shape: Side[]): GraphPort => ({ name, type: "float32", shape });
const whole = (name: string, ...shape: Side[]): GraphPort => ({ name, type: "int32", shape });

const imageShape = [1, 3, encoderSidePx, encoderSidePx];
const features = [1, featureChannels, featureSide, featureSide];
const highResolution0 = [1, 32, 256, 256];
const highResolution1 = [1, 64, 128, 128];
const fullMask = [1, 1, encoderSidePx, encoderSidePx];
const frameColumn = [frameTokens, 1, featureChannels];
const memoryColumn = [frameTokens, 1, memoryChannels];

/** Encoder and decoder of one picture, as samexporter writes them (`export_sam2.py`). */
const samexporter = {
  encoder: {
    inputs: [float("image", ...imageShape)],
    outputs: [
      float("high_res_feats_0", ...highResolution0),
      float("high_res_feats_1", ...highResolution1),
      float("image_embed", ...features),
    ],
  },
  decoder: {
    inputs: [
      float("image_embed", ...features),
      float("high_res_feats_0", ...highResolution0),
      float("high_res_feats_1", ...highResolution1),
      float("point_coords", "labels", "points", 2),
      float("point_labels", "labels", "points"),
      float("mask_input", "labels", 1, logitSidePx, logitSidePx),
      float("has_mask_input", "labels"),
    ],
    outputs: [
      float("masks", "labels", 3, logitSidePx, logitSidePx),
      float("iou_predictions", "labels", 3),
    ],
  },
} as const satisfies Readonly<Record<string, GraphContract>>;

/** The four modules of SAM2-ONNX-TRT (NVIDIA): as many memories and pointers as there are. */
const nvidia = {
  image_encoder: {
    inputs: [float("image", ...imageShape)],
    outputs: [
      float("pix_feat", ...features),
      float("high_res_feat0", ...highResolution0),
      float("high_res_feat1", ...highResolution1),
      float("vision_feats", ...features),
      float("vision_pos_embed", ...frameColumn),
    ],
  },
  mask_decoder: {
    inputs: [
      float("point_coords", "objects", "points", 2),
      float("point_labels", "objects", "points"),
      float("image_embed", "objects", featureChannels, featureSide, featureSide),
      float("high_res_feats_0", ...highResolution0),
      float("high_res_feats_1", ...highResolution1),
    ],
    outputs: [
      float("obj_ptr", "objects", featureChannels),
      float("mask_for_mem", "objects", 1, encoderSidePx, encoderSidePx),
      float("pred_mask", "objects", 1, logitSidePx, logitSidePx),
      float("iou", "objects", 1),
      float("occ_logit", "objects", 1),
    ],
  },
  memory_attention: {
    inputs: [
      float("current_vision_feat", ...features),
      float("current_vision_pos_embed", ...frameColumn),
      float("memory_0", "objects", "pointers", featureChannels),
      float("memory_1", "objects", "memories", memoryChannels, featureSide, featureSide),
      float("memory_pos_embed", "objects", "tokens", memoryChannels),
      float("cond_frame_id_diff"),
    ],
    outputs: [float("image_embed", "objects", featureChannels, featureSide, featureSide)],
  },
  memory_encoder: {
    inputs: [
      float("mask_for_mem", "objects", 1, encoderSidePx, encoderSidePx),
      float("pix_feat", ...features),
      float("occ_logit", "objects", 1),
    ],
    outputs: [
      float("maskmem_features", "objects", memoryChannels, featureSide, featureSide),
      float("maskmem_pos_enc", "objects", frameTokens, memoryChannels),
      float("temporal_code", attendedFramesMax, 1, 1, memoryChannels),
    ],
  },
} as const satisfies Readonly<Record<string, GraphContract>>;

/** The five graphs of sam2.1-tiny-video-onnx (square-zero-labs): a memory bank of fixed size. */
const squareZero = {
  vision_encoder: {
    inputs: [float("pixel_values", ...imageShape)],
    outputs: [
      float("feats0", ...highResolution0),
      float("feats1", ...highResolution1),
      float("feats2", ...features),
      float("feats2_no_mem", ...features),
      float("vision_pos_embed", ...features),
    ],
  },
  mask_decoder: {
    inputs: [
      float("feats0", ...highResolution0),
      float("feats1", ...highResolution1),
      float("feats2_cond", ...features),
      float("input_points", 1, 1, "points", 2),
      whole("input_labels", 1, 1, "points"),
    ],
    outputs: [
      float("low_res_mask", 1, 1, logitSidePx, logitSidePx),
      float("high_res_mask", ...fullMask),
      float("iou", 1, 1),
      float("object_score_logits", 1, 1, 1),
      float("object_pointer", 1, 1, featureChannels),
    ],
  },
  memory_encoder: {
    inputs: [
      float("feats2", ...features),
      float("high_res_mask", ...fullMask),
      float("object_score_logits", 1, 1),
      float("binarize"),
    ],
    outputs: [float("memory_tokens", ...memoryColumn), float("memory_pos", ...memoryColumn)],
  },
  memory_attention: {
    inputs: [
      float("current_vision_features", ...frameColumn),
      float("current_vision_position_embeddings", ...frameColumn),
      float("memory", fixedMemoryRows, 1, memoryChannels),
      float("memory_pos", fixedMemoryRows, 1, memoryChannels),
    ],
    outputs: [float("conditioned_feats", ...features)],
  },
  pointer_tpos: {
    inputs: [float("normalized_diffs", "pointers")],
    outputs: [float("pointer_pos", "pointers", memoryChannels)],
  },
} as const satisfies Readonly<Record<string, GraphContract>>;

/** Who wrote the files of a model, which decides their names, shapes and what host code adds. */
export const sam2Layouts = { samexporter, nvidia, "square-zero": squareZero } as const;

export type Sam2Layout = keyof typeof sam2Layouts;
export const sam2LayoutNames = Object.keys(sam2Layouts) as Sam2Layout[];

/** Names of a layout's graphs, which are their files' names without `.onnx`. */
export type GraphName<Layout extends Sam2Layout> = keyof (typeof sam2Layouts)[Layout] & string;

/** The table of temporal encodings and the like, which square-zero keeps beside its graphs. */
export const constantsFile = "constants.json";

/** Files of a layout beside its graphs. */
export function furtherFilesOf(layout: Sam2Layout): readonly string[] {
  return layout === "square-zero" ? [constantsFile] : [];
}

export function contractsOf(layout: Sam2Layout): Readonly<Record<string, GraphContract>> {
  return sam2Layouts[layout];
}
