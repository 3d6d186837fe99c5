import { judgeProtocols, type JudgeProtocol } from "../../judging/vlm/vlmJudge.ts";
import type { VlmPlanOptions } from "../../planning/vlm/vlmPlan.ts";
import { invalidSpec } from "../specText.ts";
import { readServiceSpec, serviceOptions, serviceSpecOf, type ServiceSpec } from "./serviceSpec.ts";

/** A model behind an OpenAI-compatible service, named so that it can stand in a session's settings. */
export interface OpenAiSpec extends VlmPlanOptions, ServiceSpec {
  readonly kind: "openai";
  readonly model: string;
  readonly temperature: number;
  /** How a judge is asked; planners do not read it. */
  readonly protocol: JudgeProtocol;
  readonly answerTokensMax: number;
  /** Left out where the model is asked for its log-probabilities, see `ChatSampling`. */
  readonly logprobs?: "off";
  /** US dollars for a million tokens; null when not known. */
  readonly promptPrice: number | null;
  readonly completionPrice: number | null;
}

const samplings = ["n", "seeds"] as const;
const formats = ["json_schema", "text"] as const;

/** Options after the `?`, with the values they take, for help texts. */
export const openAiOptions = {
  model: "name",
  temperature: "0 to 2",
  sampling: samplings.join("|"),
  format: formats.join("|"),
  votes: "1 to 64",
  protocol: judgeProtocols.join("|"),
  answerTokens: "16 to 100000",
  logprobs: "on|off",
  promptPrice: "US dollars a million tokens",
  completionPrice: "US dollars a million tokens",
  ...serviceOptions,
} as const;

export const openAiUsage = "openai:http://HOST/v1?model=NAME[&option=value…]";

/**
 * Parses `openai:http://host:8000/v1?model=lora&temperature=0.7`.
 *
 * @param what - for error messages, such as `planner`.
 * @throws {DreamlogError} `ARGUMENT_INVALID`; no message repeats credentials in the URL.
 */
export function parseOpenAiSpec(what: string, text: string): OpenAiSpec {
  const options = readServiceSpec(what, text, openAiOptions);
  const model = options.text("model");
  if (model === undefined || model === "") {
    throw invalidSpec(what, "openai:…", openAiUsage, "no model");
  }
  return {
    kind: "openai",
    ...serviceSpecOf(options, { timeoutMs: 120_000, key: "OPENAI_API_KEY" }),
    model,
    temperature: options.number("temperature", 0, 2) ?? 1,
    sampling: options.oneOf("sampling", samplings) ?? "n",
    format: options.oneOf("format", formats) ?? "json_schema",
    votes: options.count("votes", 1, 64) ?? 1,
    protocol: options.oneOf("protocol", judgeProtocols) ?? "listwise",
    answerTokensMax: options.count("answerTokens", 16, 100_000) ?? 1024,
    ...(options.oneOf("logprobs", ["on", "off"]) === "off" ? { logprobs: "off" } : {}),
    promptPrice: options.number("promptPrice", 0, 1e6) ?? null,
    completionPrice: options.number("completionPrice", 0, 1e6) ?? null,
  };
}
