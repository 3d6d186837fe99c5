import type { JudgeProtocol } from "../../judging/vlm/vlmJudge.ts";
import { judgeProtocols } from "../../judging/vlm/vlmJudge.ts";
import type { VlmPlanOptions } from "../../planning/vlm/vlmPlan.ts";
import { DreamlogError } from "../../core/errors.ts";
import { requireServiceUrl } from "../../remote/jsonClient.ts";
import { invalidSpec } from "../specText.ts";

/** A model behind an OpenAI-compatible service, named so that it can stand in a session's settings. */
export interface OpenAiSpec extends VlmPlanOptions {
  readonly kind: "openai";
  readonly url: string;
  readonly model: string;
  readonly temperature: number;
  /** How a judge is asked; planners do not read it. */
  readonly protocol: JudgeProtocol;
  /** Environment variable that holds the key. */
  readonly keyVariable: string;
  readonly timeoutMs: number;
  readonly attemptsMax: number;
  readonly requestsPerMinute: number | null;
  readonly answerTokensMax: number;
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
  key: "environment variable",
  timeoutMs: "100 to 3600000",
  attempts: "1 to 20",
  requestsPerMinute: "1 to 100000",
  answerTokens: "16 to 100000",
  promptPrice: "US dollars a million tokens",
  completionPrice: "US dollars a million tokens",
} as const;

export const openAiUsage = "openai:http://HOST/v1?model=NAME[&option=value…]";

export function isOpenAiText(text: string): boolean {
  return text.startsWith("openai:");
}

/**
 * Parses `openai:http://host:8000/v1?model=lora&temperature=0.7`.
 *
 * @param what - for error messages, such as `planner`.
 * @throws {DreamlogError} `ARGUMENT_INVALID`; no message repeats credentials in the URL.
 */
export function parseOpenAiSpec(what: string, text: string): OpenAiSpec {
  const address = text.slice("openai:".length);
  const mark = address.indexOf("?");
  const url = requireServiceUrl(mark < 0 ? address : address.slice(0, mark));
  const options = new Map<string, string>();
  for (const [option, value] of new URLSearchParams(mark < 0 ? "" : address.slice(mark + 1))) {
    if (!(option in openAiOptions) || options.has(option)) {
      const known = Object.keys(openAiOptions).join(", ");
      throw invalidSpec(what, "openai:…", `each once of ${known}`, `"${option}"`);
    }
    options.set(option, value);
  }
  const number = (option: keyof typeof openAiOptions, min: number, max: number) => {
    const found = options.get(option);
    if (found === undefined) return undefined;
    const value = Number(found);
    if (found.trim() !== "" && value >= min && value <= max) return value;
    throw invalidSpec(what, "openai:…", `${option} from ${min} to ${max}`, `"${found}"`);
  };
  const oneOf = <Choice extends string>(
    option: keyof typeof openAiOptions,
    choices: readonly Choice[],
  ) => {
    const found = options.get(option);
    const choice = choices.find((known) => known === found);
    if (found === undefined || choice !== undefined) return choice;
    throw invalidSpec(what, "openai:…", `${option} of ${choices.join(", ")}`, `"${found}"`);
  };
  const model = options.get("model");
  if (model === undefined || model === "") {
    throw invalidSpec(what, "openai:…", openAiUsage, "no model");
  }
  return {
    kind: "openai",
    url,
    model,
    temperature: number("temperature", 0, 2) ?? 1,
    sampling: oneOf("sampling", samplings) ?? "n",
    format: oneOf("format", formats) ?? "json_schema",
    votes: Math.floor(number("votes", 1, 64) ?? 1),
    protocol: oneOf("protocol", judgeProtocols) ?? "listwise",
    keyVariable: requireVariableName(options.get("key") ?? "OPENAI_API_KEY"),
    timeoutMs: number("timeoutMs", 100, 3_600_000) ?? 120_000,
    attemptsMax: Math.floor(number("attempts", 1, 20) ?? 4),
    requestsPerMinute: number("requestsPerMinute", 1, 100_000) ?? null,
    answerTokensMax: Math.floor(number("answerTokens", 16, 100_000) ?? 1024),
    promptPrice: number("promptPrice", 0, 1e6) ?? null,
    completionPrice: number("completionPrice", 0, 1e6) ?? null,
  };
}

/** A key pasted in place of the variable's name must not be stored; it rarely looks like a name. */
function requireVariableName(name: string): string {
  if (/^[A-Z][A-Z0-9_]{0,63}$/.test(name)) return name;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    "expected key= to name an environment variable in capitals, such as OPENAI_API_KEY, found something else; export the key under a name first",
  );
}
