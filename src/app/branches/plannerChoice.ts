import { DreamlogError } from "../../core/errors.ts";
import type { Digest } from "../../core/digest.ts";
import { checkpointImported, checkpointTrained } from "../../events/learning.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import type { PlannerSpec } from "../plannerSpec.ts";
import { sessionName } from "../runContext.ts";
import { isOpenAiText, parseOpenAiSpec, type OpenAiSpec } from "../remote/openAiSpec.ts";
import type { RunSettings } from "../settings.ts";
import { parseSpecText } from "../specText.ts";

/** What a run was made with, whether or not it was evaluated. */
export type MadeSettings = Omit<RunSettings, "evaluation">;

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
} as const;

const temperatureRange = { min: 1e-3, max: 1e3 };

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function parsePlannerChoice(text: string): PlannerChoice {
  if (isOpenAiText(text)) return parseOpenAiSpec("planner", text);
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
  }
}

/**
 * The planner that a choice means within a run.
 *
 * @param imported - digest of the weights, where the choice names a file.
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when the run has no such checkpoint.
 */
export async function resolvePlanner(
  log: EventLog,
  settings: MadeSettings,
  choice: PlannerChoice,
  imported: Digest | null,
): Promise<PlannerSpec> {
  if (choice.kind === "random" || choice.kind === "matcher" || choice.kind === "openai") {
    return choice;
  }
  const weights = imported ?? (await weightsOf(log, settings, choice));
  return {
    kind: "policy",
    weights,
    temperature: choice.temperature ?? settings.samplingTemperature,
  };
}

async function weightsOf(
  log: EventLog,
  settings: MadeSettings,
  choice: Exclude<PlannerChoice, { kind: "random" | "matcher" | "openai" }>,
): Promise<Digest> {
  switch (choice.kind) {
    case "zeroShot": {
      const events = await readEvents(log, sessionName(settings, "checkpoints"));
      return events.get("zeroShot", checkpointImported).payload.weights.digest;
    }
    case "fineTuned": {
      const events = await readEvents(log, sessionName(settings, "orpo", choice.loss));
      return events.get("checkpoint", checkpointTrained).payload.weights.digest;
    }
    case "file":
      throw new DreamlogError(
        "CHECKPOINT_INVALID",
        `expected the weights of ${choice.path} to be in the log, found that they were not imported`,
        { path: choice.path },
      );
  }
}
