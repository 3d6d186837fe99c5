import { log1mexp, logProbabilityMax, logSigmoid, mean } from "./logProbability.ts";

/**
 * Which tokens the likelihood term of ORPO is about; implementations differ:
 * - `response`: the chosen answer's, as LLaMA-Factory has it;
 * - `prompt+response`: the prompt's too, as TRL and the authors' code have it;
 * - `none`: no such term.
 */
export type NllScope = "response" | "prompt+response" | "none";

export interface OrpoSettings {
  /** Weight of the odds-ratio term. */
  readonly lambda: number;
  readonly nllScope: NllScope;
}

/** Log-probabilities of the tokens of one preference; natural logarithms, ≤ 0. */
export interface TokenLogProbabilities {
  readonly chosen: readonly number[];
  readonly rejected: readonly number[];
  /** Read under `prompt+response` only. */
  readonly prompt?: readonly number[];
}

export interface OddsRatio {
  /** Log of how much larger the chosen answer's odds are: > 0 when it is the likelier one. */
  readonly logOddsRatio: number;
  /** −log σ of it: the odds-ratio loss, ≥ 0. */
  readonly loss: number;
  /** Of `loss`, by both log-probabilities. */
  readonly gradient: { readonly chosen: number; readonly rejected: number };
  /** One of them was nearer to 0 than `logProbabilityMax` and was held there, with gradient 0. */
  readonly isClamped: boolean;
}

/**
 * Odds-ratio loss of ORPO (Hong et al. 2024, arXiv 2403.07691, Eq. 7), odds = p / (1 − p), in
 * float64: the reference for the graph's form in `orpoGraph.ts`.
 *
 * @param chosen - mean log-probability of the preferred answer's tokens, ≤ 0.
 * @param rejected - of the other answer's.
 */
export function oddsRatio(chosen: number, rejected: number): OddsRatio {
  const better = Math.min(chosen, logProbabilityMax);
  const worse = Math.min(rejected, logProbabilityMax);
  const logOddsRatio = better - worse - (log1mexp(better) - log1mexp(worse));
  // σ(−log odds ratio): how wrong the policy is.
  const wrongness = Math.exp(logSigmoid(-logOddsRatio));
  return {
    logOddsRatio,
    loss: -logSigmoid(logOddsRatio),
    gradient: {
      chosen: chosen > better ? 0 : wrongness / Math.expm1(better),
      rejected: rejected > worse ? 0 : -wrongness / Math.expm1(worse),
    },
    isClamped: chosen > better || rejected > worse,
  };
}

/** ORPO of one preference: likelihood of the chosen answer + λ · odds-ratio loss (Eq. 6). */
export function orpoLoss(tokens: TokenLogProbabilities, settings: OrpoSettings): number {
  const { loss } = oddsRatio(mean(tokens.chosen), mean(tokens.rejected));
  return negativeLogLikelihood(tokens, settings.nllScope) + settings.lambda * loss;
}

/** Mean over the tokens of the scope, of −log p. */
function negativeLogLikelihood(tokens: TokenLogProbabilities, scope: NllScope): number {
  switch (scope) {
    case "none":
      return 0;
    case "response":
      return -mean(tokens.chosen);
    case "prompt+response":
      return -mean([...(tokens.prompt ?? []), ...tokens.chosen]);
  }
}
