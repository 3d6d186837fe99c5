import { DreamlogError } from "../core/errors.ts";
import { canonicalJson } from "../events/envelope.ts";
import type { RunBranch } from "./branches/runBranch.ts";
import type { RunModels } from "./runModels.ts";
import type { SegmenterSpec } from "./segmenterSpec.ts";

/** Everything that decides what a run computes. Two runs with equal settings write equal logs. */
export interface RunSettings {
  readonly preset: string;
  /** Names every random number of the run. */
  readonly seed: string;
  /** Collected trajectories a task; one dream group each. */
  readonly startsPerTask: { readonly rope: number; readonly cloth: number; readonly toy: number };
  /** Best of K: candidates dreamed and judged for each start. */
  readonly candidateCount: number;
  /** Softmax temperature at which the zero-shot planner samples its candidates. */
  readonly samplingTemperature: number;
  readonly worldModel: {
    /** Optimiser steps of the control branch on the run's own trajectories. */
    readonly steps: number;
    /** The same for the full-scene ablation; 0 leaves it out. */
    readonly fullSceneSteps: number;
    /** 1 to 10. */
    readonly samplingSteps: number;
  };
  readonly orpo: { readonly steps: number; readonly learningRate: number; readonly lambda: number };
  readonly evaluation: {
    readonly trialsPerTask: number;
    /** Number of the first evaluation start; further ones count up from it. */
    readonly firstSeed: number;
    /** The oracle searches the simulator, so it may get fewer. */
    readonly oracleTrialsPerTask: number;
    /** Starts a task whose eight dreams are all carried out, to hold the judge against the truth. */
    readonly auditedStartsPerTask: number;
  };
  /** Finds the object in frames instead of the default. */
  readonly segmenter?: SegmenterSpec;
  /** Begun with instead of the run's own models. */
  readonly models?: RunModels;
  /** Present on a branch of a run. */
  readonly branch?: RunBranch;
}

const presets: Record<"demo" | "full", Omit<RunSettings, "seed">> = {
  demo: {
    preset: "demo",
    startsPerTask: { rope: 32, cloth: 20, toy: 20 },
    candidateCount: 8,
    samplingTemperature: 2,
    worldModel: { steps: 120, fullSceneSteps: 40, samplingSteps: 1 },
    orpo: { steps: 300, learningRate: 5e-4, lambda: 2 },
    evaluation: {
      trialsPerTask: 10,
      firstSeed: 0,
      oracleTrialsPerTask: 4,
      auditedStartsPerTask: 4,
    },
  },
  full: {
    preset: "full",
    startsPerTask: { rope: 686, cloth: 685, toy: 685 },
    candidateCount: 8,
    samplingTemperature: 2,
    worldModel: { steps: 2400, fullSceneSteps: 800, samplingSteps: 1 },
    orpo: { steps: 2500, learningRate: 5e-4, lambda: 2 },
    evaluation: {
      trialsPerTask: 100,
      firstSeed: 0,
      oracleTrialsPerTask: 20,
      auditedStartsPerTask: 40,
    },
  },
};

export const presetNames = Object.keys(presets) as (keyof typeof presets)[];

/** @throws {DreamlogError} `ARGUMENT_INVALID` for an unknown preset. */
export function settingsOf(preset: string, seed: string): RunSettings {
  if (preset !== "demo" && preset !== "full") {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a preset of ${presetNames.join(", ")}, found "${preset}"`,
      { preset },
    );
  }
  return { ...presets[preset], seed };
}

/** Sorted JSON, as `session.started` holds it. */
export function settingsText(settings: object): string {
  return canonicalJson(settings);
}
