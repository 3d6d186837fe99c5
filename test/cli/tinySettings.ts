import type { RunSettings } from "../../src/app/settings.ts";

/** Every stage of the loop on next to nothing: what it computes is worthless, that it does is not. */
export function tinySettings(preset: string, seed: string): RunSettings {
  return {
    preset,
    seed,
    startsPerTask: { rope: 2, cloth: 1, toy: 1 },
    candidateCount: 3,
    samplingTemperature: 2,
    worldModel: { steps: 2, fullSceneSteps: 0, samplingSteps: 1 },
    orpo: { steps: 2, learningRate: 5e-4, lambda: 0.5 },
    evaluation: {
      trialsPerTask: 1,
      firstSeed: 0,
      oracleTrialsPerTask: 0,
      auditedStartsPerTask: 0,
    },
  };
}
