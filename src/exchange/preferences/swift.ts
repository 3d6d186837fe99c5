import * as v from "valibot";
import { imageMark, withoutLoaderMarks, type PreferenceFormat } from "./preferencePair.ts";
import {
  decodeLines,
  encodeLines,
  invalidRow,
  requireDifference,
  requireShape,
  withoutImageMarks,
} from "./requireRow.ts";

const rowSchema = v.object({
  messages: v.pipe(
    v.array(
      v.object({
        role: v.picklist(["system", "user", "assistant", "tool", "tool_call", "tool_response"]),
        content: v.string(),
      }),
    ),
    v.check(
      (messages) => messages.at(-1)?.role === "assistant",
      "expected the last message to be the assistant's: the chosen answer",
    ),
  ),
  rejected_response: v.string(),
  images: v.array(v.string()),
});

const trainingScript = `#!/bin/sh
# ORPO on Qwen3-VL-8B with LoRA, which is what swift trains unless told otherwise.
set -eu
cd "$(dirname "$0")"
# Tokens of 32 x 32 pixels, which are 1024 x 576: the pictures are not scaled down, so that the numbers of
# the keypoints stay readable.
IMAGE_MAX_TOKEN_NUM=576 swift rlhf \\
  --rlhf_type orpo \\
  --model Qwen/Qwen3-VL-8B-Instruct \\
  --dataset preferences.jsonl \\
  --beta 0.1 \\
  --torch_dtype bfloat16 \\
  --lora_rank 16 \\
  --learning_rate 5e-6 \\
  --num_train_epochs 3 \\
  --per_device_train_batch_size 1 \\
  --gradient_accumulation_steps 8 \\
  --max_length 4096 \\
  --seed 0 \\
  --output_dir saves/qwen3-vl-8b-orpo
`;

const name = "swift";

/** ms-swift's preference rows: the chosen answer ends the messages, the other stands beside them. */
export const swiftFormat: PreferenceFormat = {
  name,
  fileName: "preferences.jsonl",
  rowOf: ({ prompt, images, chosen, rejected }) => ({
    messages: [
      { role: "user", content: imageMark.repeat(images.length) + withoutLoaderMarks(prompt) },
      { role: "assistant", content: withoutLoaderMarks(chosen) },
    ],
    rejected_response: withoutLoaderMarks(rejected),
    images,
  }),
  pairOf(row) {
    const { messages, rejected_response: rejected, images } = requireShape(name, rowSchema, row);
    const [question, answer] = messages;
    if (messages.length !== 2 || question?.role !== "user" || answer === undefined) {
      throw invalidRow(name, `${messages.length} messages where dreamlog reads one question`);
    }
    requireDifference(name, answer.content, rejected);
    const prompt = withoutImageMarks(name, question.content, images.length);
    return { prompt, images, chosen: answer.content, rejected };
  },
  encode: encodeLines,
  decode: (text) => decodeLines(name, text),
  companions: { "train.sh": trainingScript },
  command: "sh train.sh",
};
