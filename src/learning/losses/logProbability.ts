/**
 * Closest a log-probability may come to 0. At 0 the odds are infinite and the odds ratio of two
 * certain answers has no value; answers this likely are held here, where they give no gradient.
 */
export const logProbabilityMax = -1e-12;

/**
 * log(1 − eˣ) for x < 0, accurate on both ends (Mächler 2012, "Accurately computing log(1 − exp(−|a|))").
 */
export function log1mexp(x: number): number {
  return x < -Math.LN2 ? Math.log1p(-Math.exp(x)) : Math.log(-Math.expm1(x));
}

/** log σ(x), without overflow. */
export function logSigmoid(x: number): number {
  return x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
