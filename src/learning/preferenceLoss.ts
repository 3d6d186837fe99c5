import type { Value } from "./graph/graph.ts";
import { dreamplanEq5, dreamplanEq5Loss } from "./losses/dreamplanEq5.ts";
import { orpoLoss, type NllScope } from "./losses/orpo.ts";
import { orpo } from "./losses/orpoGraph.ts";

/**
 * What fine-tuning lowers. A keypoint policy answers with one token, the action, and gives its prompt
 * no probability, so the likelihood term can be about the response only.
 */
export type PreferenceLoss =
  | {
      readonly kind: "orpo";
      /** Weight of the odds-ratio term. */
      readonly lambda: number;
      readonly nllScope: Exclude<NllScope, "prompt+response">;
    }
  | { readonly kind: "dreamplanEq5" };

/** @returns the loss of each pair; shapes broadcast. */
export function preferenceLoss(chosen: Value, rejected: Value, loss: PreferenceLoss): Value {
  switch (loss.kind) {
    case "orpo":
      return orpo({ chosen, rejected }, loss);
    case "dreamplanEq5":
      return dreamplanEq5(chosen, rejected);
  }
}

/** The same of one pair, in float64. */
export function preferenceLossOf(chosen: number, rejected: number, loss: PreferenceLoss): number {
  switch (loss.kind) {
    case "orpo":
      return orpoLoss({ chosen: [chosen], rejected: [rejected] }, loss);
    case "dreamplanEq5":
      return dreamplanEq5Loss(chosen, rejected);
  }
}
