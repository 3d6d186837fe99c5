import { negate, softplus, subtract } from "../graph/elementwise.ts";
import type { Value } from "../graph/graph.ts";
import { logSigmoid } from "./logProbability.ts";

/**
 * Eq. (5) of DreamPlan (arXiv 2603.16860), −log σ(log π(a⁺) − log π(a⁻)): the paper calls it ORPO,
 * but there is no 1 − p and no likelihood term in it; it is Bradley–Terry (DPO without a reference,
 * β = 1). The paper prints log σ to be maximised; the sign here makes it a loss. Float64 reference.
 *
 * @param chosen - log-probability of the preferred answer.
 */
export function dreamplanEq5Loss(chosen: number, rejected: number): number {
  return -logSigmoid(chosen - rejected);
}

/** The same in a graph. @returns the loss of each pair, in the shape of the arguments. */
export function dreamplanEq5(chosen: Value, rejected: Value): Value {
  return softplus(negate(subtract(chosen, rejected)));
}
