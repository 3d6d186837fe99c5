import * as v from "valibot";
import { imageMark, withoutLoaderMarks, type PreferenceFormat } from "./preferencePair.ts";
import {
  decodeJson,
  invalidRow,
  requireDifference,
  requireShape,
  withoutImageMarks,
} from "./requireRow.ts";

const answer = v.object({ from: v.picklist(["gpt", "function_call"]), value: v.string() });
const rowSchema = v.object({
  // A ranking row ends with the question: its turns are odd in number, people first.
  conversations: v.pipe(
    v.array(v.object({ from: v.string(), value: v.string() })),
    v.check(({ length }) => length % 2 === 1, "expected an odd number of turns in a ranking row"),
    v.check(
      (turns) => turns.every(({ from }, at) => from === (at % 2 === 0 ? "human" : "gpt")),
      "expected human and gpt to take turns, human first",
    ),
  ),
  chosen: answer,
  rejected: answer,
  images: v.array(v.string()),
});

const datasetInfo = {
  dreamlog: {
    file_name: "preferences.json",
    formatting: "sharegpt",
    ranking: true,
    columns: {
      messages: "conversations",
      chosen: "chosen",
      rejected: "rejected",
      images: "images",
    },
  },
};

const trainingRecipe = `# ORPO on Qwen3-VL-8B with LoRA. Run in this folder: llamafactory-cli train orpo.yaml
model_name_or_path: Qwen/Qwen3-VL-8B-Instruct
# 1024 x 576: the pictures are not scaled down, so that the numbers of the keypoints stay readable.
image_max_pixels: 589824

stage: dpo
do_train: true
finetuning_type: lora
lora_rank: 16
lora_target: all
pref_loss: orpo
pref_beta: 0.1

dataset: dreamlog
dataset_dir: .
media_dir: .
template: qwen3_vl_nothink
cutoff_len: 4096

output_dir: saves/qwen3-vl-8b-orpo
logging_steps: 10
save_steps: 200
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 5.0e-6
num_train_epochs: 3.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
seed: 0
`;

const name = "llamafactory";

/**
 * LLaMA-Factory's ranking sets: `formatting: sharegpt`, `ranking: true`. Its loader drops a row whose
 * turns or roles are otherwise, and stops where pictures and `<image>` marks differ in number.
 */
export const llamaFactoryFormat: PreferenceFormat = {
  name,
  fileName: datasetInfo.dreamlog.file_name,
  rowOf: ({ prompt, images, chosen, rejected }) => ({
    conversations: [
      { from: "human", value: imageMark.repeat(images.length) + withoutLoaderMarks(prompt) },
    ],
    chosen: { from: "gpt", value: withoutLoaderMarks(chosen) },
    rejected: { from: "gpt", value: withoutLoaderMarks(rejected) },
    images,
  }),
  pairOf(row) {
    const { conversations, chosen, rejected, images } = requireShape(name, rowSchema, row);
    const [question] = conversations;
    if (question === undefined || conversations.length > 1) {
      throw invalidRow(name, `${conversations.length} turns where dreamlog reads one question`);
    }
    requireDifference(name, chosen.value, rejected.value);
    const prompt = withoutImageMarks(name, question.value, images.length);
    return { prompt, images, chosen: chosen.value, rejected: rejected.value };
  },
  encode: (rows) => `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`,
  decode(text) {
    const rows = decodeJson(name, text);
    if (Array.isArray(rows)) return rows as unknown[];
    throw invalidRow(name, "no array of rows");
  },
  companions: {
    "dataset_info.json": `${JSON.stringify(datasetInfo, null, 2)}\n`,
    "orpo.yaml": trainingRecipe,
  },
  command: "llamafactory-cli train orpo.yaml",
};
