import { invariant } from "../../core/errors.ts";
import { add, atMost, divide, logarithm, negate, scale, shift, softplus, subtract, tanh } from "../graph/elementwise.ts"; // prettier-ignore
import type { Value } from "../graph/graph.ts";
import { logProbabilityMax } from "./logProbability.ts";
import type { OrpoSettings } from "./orpo.ts";

/** Preferences in a graph; every value has the same shape, one item a preference. */
export interface PreferenceValues {
  /** Mean log-probability of the preferred answer's tokens. */
  readonly chosen: Value;
  readonly rejected: Value;
  /** Needed under `prompt+response`. */
  readonly prompt?: {
    /** Mean log-probability of the prompt's tokens. */
    readonly logProbability: Value;
    /** Tokens of the prompt among those of prompt and chosen answer, 0 to 1. */
    readonly tokenShare: number;
  };
}

/** ORPO in a graph; see `orpoLoss`. @returns the loss of each preference. */
export function orpo(preferences: PreferenceValues, settings: OrpoSettings): Value {
  const oddsRatioTerm = scale(oddsRatioLoss(preferences), settings.lambda);
  const likelihood = logLikelihood(preferences, settings);
  return likelihood === null ? oddsRatioTerm : subtract(oddsRatioTerm, likelihood);
}

/** −log σ of the log odds ratio; see `oddsRatio`. */
export function oddsRatioLoss({ chosen, rejected }: PreferenceValues): Value {
  return softplus(negate(subtract(logOdds(chosen), logOdds(rejected))));
}

/**
 * log(p / (1 − p)) from x = log p. 1 − eˣ is 2s / (1 + s) with s = tanh(−x / 2), which float32 keeps
 * accurate for x near 0, where 1 − exp(x) would cancel.
 */
function logOdds(logProbability: Value): Value {
  const x = atMost(logProbability, logProbabilityMax);
  const s = tanh(scale(x, -0.5));
  return subtract(x, logarithm(scale(divide(s, shift(s, 1)), 2)));
}

function logLikelihood(preferences: PreferenceValues, { nllScope }: OrpoSettings): Value | null {
  const { chosen, prompt } = preferences;
  switch (nllScope) {
    case "none":
      return null;
    case "response":
      return chosen;
    case "prompt+response":
      invariant(prompt !== undefined, "the likelihood of the prompt needs its log-probability");
      return add(
        scale(chosen, 1 - prompt.tokenShare),
        scale(prompt.logProbability, prompt.tokenShare),
      );
  }
}
