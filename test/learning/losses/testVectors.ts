/** What follows from the mean log-probabilities of a chosen and a rejected answer. */
export interface TestVector {
  readonly id: string;
  readonly chosen: number;
  readonly rejected: number;
  readonly log1mexp: readonly [chosen: number, rejected: number];
  readonly logOddsRatio: number;
  readonly oddsRatioLoss: number;
  /** Likelihood of the chosen answer alone, λ = 0.1. */
  readonly orpo: number;
  /** log σ(chosen − rejected): Eq. (5) of DreamPlan as printed. */
  readonly logSigmoidDifference: number;
  /** Of the odds-ratio loss. */
  readonly gradient: { readonly chosen: number; readonly rejected: number };
}

/** ORPO in 60 digits by mpmath at the exact doubles, written as the nearest doubles (reference/field.md, section 2). */
// prettier-ignore
export const testVectors: readonly TestVector[] = [
  { id: "a", chosen: -0.5, rejected: -1.0, log1mexp: [-0.9327521295671886, -0.4586751453870819],
    logOddsRatio: 0.9740769841801067, oddsRatioLoss: 0.3202997852375365, orpo: 0.5320299785237537,
    logSigmoidDifference: -0.4740769841801067, gradient: { chosen: -0.6965437735530641, rejected: 0.4335701714386563 } },
  { id: "b", chosen: -1.0, rejected: -0.5, log1mexp: [-0.4586751453870819, -0.9327521295671886],
    logOddsRatio: -0.9740769841801067, oddsRatioLoss: 1.2943767694176431, orpo: 1.1294376769417642,
    logSigmoidDifference: -0.9740769841801067, gradient: { chosen: -1.14840653543067, rejected: 1.8449503089837342 } },
  { id: "c", chosen: -0.7, rejected: -0.7, log1mexp: [-0.6863410028083852, -0.6863410028083852],
    logOddsRatio: 0.0, oddsRatioLoss: 0.6931471805599453, orpo: 0.7693147180559945,
    logSigmoidDifference: -0.6931471805599453, gradient: { chosen: -0.9932169318172317, rejected: 0.9932169318172317 } },
  { id: "d", chosen: -0.1, rejected: -3.0, log1mexp: [-2.3521684610440907, -0.05106918094270159],
    logOddsRatio: 5.201099280101389, oddsRatioLoss: 0.0054953762259338824, orpo: 0.10054953762259339,
    logSigmoidDifference: -0.053562776217963175, gradient: { chosen: -0.05758885639951959, rejected: 0.005767448626405638 } },
  { id: "e", chosen: -3.0, rejected: -0.1, log1mexp: [-0.05106918094270159, -2.3521684610440907],
    logOddsRatio: -5.201099280101389, oddsRatioLoss: 5.206594656327323, orpo: 3.520659465632732,
    logSigmoidDifference: -2.953562776217963, gradient: { chosen: -1.0466282478648503, rejected: 10.450743088375528 } },
  { id: "f", chosen: -0.6931471805599453, rejected: -0.6931471805599453, log1mexp: [-0.6931471805599453, -0.6931471805599453],
    logOddsRatio: 0.0, oddsRatioLoss: 0.6931471805599453, orpo: 0.7624618986159398,
    logSigmoidDifference: -0.6931471805599453, gradient: { chosen: -1.0, rejected: 1.0 } },
  { id: "g", chosen: -0.001, rejected: -0.002, log1mexp: [-6.908255237315471, -6.215607931755531],
    logOddsRatio: 0.6936473055599401, oddsRatioLoss: 0.40529842756495665, orpo: 0.04152984275649566,
    logSigmoidDifference: -0.6926473055599401, gradient: { chosen: -333.3888425802506, rejected: 166.77776849382474 } },
  { id: "h", chosen: -1e-8, rejected: -1e-7, log1mexp: [-18.420680748952364, -16.118095700958317],
    logOddsRatio: 2.302585137994046, oddsRatioLoss: 0.09531017571341582, orpo: 0.009531027571341583,
    logSigmoidDifference: -0.6931471355599463, gradient: { chosen: -9090908.764462812, rejected: 909090.9173553713 } },
  { id: "i", chosen: -20, rejected: -25, log1mexp: [-2.061153624562735e-09, -1.3887943865060459e-11],
    logOddsRatio: 5.0000000020472655, oddsRatioLoss: 0.006715348475416025, orpo: 20.00067153484754,
    logSigmoidDifference: -0.006715348489118068, gradient: { chosen: -0.0066928509244695115, rejected: 0.006692850910767467 } },
  { id: "j", chosen: -0.25, rejected: -10, log1mexp: [-1.508691549446032, -4.540096037048921e-05],
    logOddsRatio: 11.258646148485662, oddsRatioLoss: 1.2895236271063032e-05, orpo: 0.2500012895236271,
    logSigmoidDifference: -5.82929646629898e-05, gradient: { chosen: -5.829655867192256e-05, rejected: 1.2895738593487553e-05 } },
  { id: "k", chosen: -1e-12, rejected: -5, log1mexp: [-27.631021115929048, -0.006760749449488557],
    logOddsRatio: 32.62426036647856, oddsRatioLoss: 6.7836549063076e-15, orpo: 1.0006783654906307e-12,
    logSigmoidDifference: -0.006715348489124762, gradient: { chosen: -0.006783654906310969, rejected: 6.829672880195425e-15 } },
  { id: "l", chosen: -40, rejected: -0.05, log1mexp: [-4.248354255291589e-18, -3.020628109057377],
    logOddsRatio: -42.97062810905738, oddsRatioLoss: 42.97062810905738, orpo: 44.297062810905736,
    logSigmoidDifference: -39.95, gradient: { chosen: -1.0, rejected: 20.50416649306589 } },
  { id: "m", chosen: -100, rejected: -100.5, log1mexp: [-3.720075976020836e-44, -2.256340135917036e-44],
    logOddsRatio: 0.5, oddsRatioLoss: 0.4740769841801067, orpo: 100.04740769841801,
    logSigmoidDifference: -0.4740769841801067, gradient: { chosen: -0.37754066879814546, rejected: 0.37754066879814546 } },
];

/** The same source's example of answers of several tokens. */
export const tokenExample = {
  chosen: [-0.2, -1.1, -0.05, -0.7],
  rejected: [-0.9, -1.6],
  prompt: [-2, -0.4, -1.2],
};
