import { add, atMost, divide, multiply, scale, shift, square, squareRoot, subtract } from "./elementwise.ts"; // prettier-ignore
import type { Value } from "./graph.ts";
import { sumOfAll } from "./reduce.ts";

/** Adam (Kingma & Ba 2015), gradient clipping by global norm, and an average of the weights. */
export interface AdamSettings {
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2: number;
  /** Default 1e-8. */
  readonly epsilon: number;
  /** A gradient with a larger Euclidean norm is scaled down to it. Default 1. */
  readonly clipNorm: number;
  /** Decay of the exponential moving average of the weights; 0 makes it the weights. Default 0. */
  readonly averageDecay: number;
}

export const defaultAdamSettings: AdamSettings = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clipNorm: 1,
  averageDecay: 0,
};

/** Flat vectors, each of shape [parameter count]. */
export interface AdamState {
  readonly weights: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly average: Value;
}

/**
 * Appends one step.
 *
 * @param rate - shape [1].
 * @param corrections - 1 / (1 − β^t) for both means at this step, shape [1] each.
 */
export function adamStep(
  state: AdamState,
  gradient: Value,
  inputs: {
    readonly rate: Value;
    readonly meanCorrection: Value;
    readonly varianceCorrection: Value;
  },
  settings: AdamSettings,
): AdamState & { readonly gradientNorm: Value } {
  const { beta1, beta2, epsilon, clipNorm, averageDecay } = settings;
  const gradientNorm = squareRoot(sumOfAll(square(gradient)));
  const limit = gradient.graph.scalar(clipNorm);
  const clipped = multiply(gradient, atMost(divide(limit, shift(gradientNorm, 1e-12)), 1));
  const blend = (old: Value, fresh: Value, decay: number) =>
    add(scale(old, decay), scale(fresh, 1 - decay));
  const mean = blend(state.mean, clipped, beta1);
  const variance = blend(state.variance, square(clipped), beta2);
  const deviation = squareRoot(multiply(variance, inputs.varianceCorrection));
  const direction = divide(multiply(mean, inputs.meanCorrection), shift(deviation, epsilon));
  const weights = subtract(state.weights, multiply(direction, inputs.rate));
  return { weights, mean, variance, average: blend(state.average, weights, averageDecay), gradientNorm }; // prettier-ignore
}
