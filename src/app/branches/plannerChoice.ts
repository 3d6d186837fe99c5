import { openAiUsage, parseOpenAiSpec, type OpenAiSpec } from "../remote/openAiSpec.ts";
import { parseSpecText, type AdapterTable } from "../specText.ts";

/** Losses by which a run fine-tunes its planner. */
export const preferenceLosses = ["orpo", "dreamplanEq5"] as const;

/** Names a planner for a command line; weights are found when the run is known. */
export type PlannerChoice =
  | { readonly kind: "random" }
  | { readonly kind: "matcher" }
  | { readonly kind: "zeroShot"; readonly temperature?: number }
  | {
      readonly kind: "fineTuned";
      readonly loss: (typeof preferenceLosses)[number];
      readonly temperature?: number;
    }
  | { readonly kind: "file"; readonly path: string; readonly temperature?: number }
  | OpenAiSpec;

const temperatureOption = { temperature: "above 0" };
export const plannerAdapters = {
  random: {},
  matcher: {},
  "zero-shot": temperatureOption,
  "fine-tuned": { loss: preferenceLosses.join("|"), ...temperatureOption },
  file: { path: "an ONNX checkpoint", ...temperatureOption },
  openai: openAiUsage,
} as const satisfies AdapterTable;

const temperatureRange = { min: 1e-3, max: 1e3 };

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function parsePlannerChoice(text: string): PlannerChoice {
  const spec = parseSpecText("planner", text, plannerAdapters);
  const softmax = () => {
    const temperature = spec.number("temperature", temperatureRange);
    return temperature === undefined ? {} : { temperature };
  };
  switch (spec.kind) {
    case "random":
    case "matcher":
      return { kind: spec.kind };
    case "zero-shot":
      return { kind: "zeroShot", ...softmax() };
    case "fine-tuned":
      return {
        kind: "fineTuned",
        loss: spec.oneOf("loss", preferenceLosses) ?? "orpo",
        ...softmax(),
      };
    case "file":
      return { kind: "file", path: spec.required("path"), ...softmax() };
    case "openai":
      return parseOpenAiSpec("planner", text);
  }
}
