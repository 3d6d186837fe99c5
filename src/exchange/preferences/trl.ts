import * as v from "valibot";
import { withoutLoaderMarks, type PreferenceFormat } from "./preferencePair.ts";
import {
  decodeLines,
  encodeLines,
  invalidRow,
  requireDifference,
  requireShape,
} from "./requireRow.ts";

const textPart = v.object({ type: v.literal("text"), text: v.string() });
const answerSchema = v.tuple([
  v.object({ role: v.literal("assistant"), content: v.tuple([textPart]) }),
]);
const rowSchema = v.object({
  images: v.array(v.string()),
  prompt: v.tuple([
    v.object({
      role: v.literal("user"),
      content: v.array(v.variant("type", [v.object({ type: v.literal("image") }), textPart])),
    }),
  ]),
  chosen: answerSchema,
  rejected: answerSchema,
});

const trainingScript = `# Preferences on Qwen3-VL-8B with LoRA. TRL's ORPOTrainer takes no pictures; its DPOTrainer does.
# Run in this folder: python train.py
from datasets import Image, Sequence, load_dataset
from peft import LoraConfig
from transformers import AutoModelForImageTextToText, AutoProcessor
from trl import DPOConfig, DPOTrainer

model_name = "Qwen/Qwen3-VL-8B-Instruct"
# 1024 x 576: the pictures are not scaled down, so that the numbers of the keypoints stay readable.
processor = AutoProcessor.from_pretrained(model_name, max_pixels=589824)
model = AutoModelForImageTextToText.from_pretrained(model_name, dtype="bfloat16")
dataset = load_dataset("json", data_files="preferences.jsonl", split="train")
dataset = dataset.cast_column("images", Sequence(Image()))

trainer = DPOTrainer(
    model=model,
    args=DPOConfig(
        output_dir="saves/qwen3-vl-8b-dpo",
        beta=0.1,
        # The default of 1024 would cut off tokens of the pictures, of which there are some 510 each.
        max_length=None,
        learning_rate=5e-6,
        num_train_epochs=3,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=8,
        bf16=True,
        seed=0,
    ),
    train_dataset=dataset,
    processing_class=processor,
    peft_config=LoraConfig(r=16, target_modules="all-linear"),
)
trainer.train()
`;

const name = "trl";
const assistantSays = (text: string) => [
  { role: "assistant", content: [{ type: "text", text: withoutLoaderMarks(text) }] },
];

/** TRL's vision preference rows (for its DPOTrainer): messages of parts, pictures in a list beside. */
export const trlFormat: PreferenceFormat = {
  name,
  fileName: "preferences.jsonl",
  rowOf: ({ prompt, images, chosen, rejected }) => ({
    images,
    prompt: [
      {
        role: "user",
        content: [
          ...images.map(() => ({ type: "image" })),
          { type: "text", text: withoutLoaderMarks(prompt) },
        ],
      },
    ],
    chosen: assistantSays(chosen),
    rejected: assistantSays(rejected),
  }),
  pairOf(row) {
    const { images, prompt, chosen, rejected } = requireShape(name, rowSchema, row);
    const parts = prompt[0].content;
    const question = parts.at(-1);
    const imageParts = parts.filter(({ type }) => type === "image").length;
    if (imageParts !== images.length || imageParts !== parts.length - 1) {
      throw invalidRow(name, `${imageParts} image parts for ${images.length} pictures`);
    }
    if (question?.type !== "text") throw invalidRow(name, "no text after the pictures");
    const [better, worse] = [chosen[0].content[0].text, rejected[0].content[0].text];
    requireDifference(name, better, worse);
    return { prompt: question.text, images, chosen: better, rejected: worse };
  },
  encode: encodeLines,
  decode: (text) => decodeLines(name, text),
  companions: { "train.py": trainingScript },
  command: "python train.py",
};
