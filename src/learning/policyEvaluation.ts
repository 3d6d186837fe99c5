import { weightsName } from "../inference/checkpointFile.ts";
import { Graph } from "./graph/graph.ts";
import { mean } from "./losses/logProbability.ts";
import { policyLogProbabilities, type PolicyArchitecture } from "./policyGraph.ts";
import { createPreferenceFeeds, fillPreference, pairLogProbabilities, preferenceInputs, type EncodedPreference } from "./preferenceBatch.ts"; // prettier-ignore
import { preferenceLossOf, type PreferenceLoss } from "./preferenceLoss.ts";
import { createPredictor } from "./predictor.ts";

/** What a policy makes of preferences it was not trained on; means over prompts. */
export interface PreferenceMeasures {
  readonly loss: number;
  /** log π(positive) among all actions. */
  readonly logLikelihood: number;
  /** Share of the negatives less likely than their positive. */
  readonly accuracy: number;
}

export interface PolicyEvaluator {
  /** @param weights - flat, of the policy under training. */
  measure(weights: Float32Array): Promise<PreferenceMeasures>;
  release(): Promise<void>;
}

/** @param options.preferences - at least one. */
export async function createPolicyEvaluator(options: {
  readonly architecture: PolicyArchitecture;
  readonly preferences: readonly EncodedPreference[];
  readonly loss: PreferenceLoss;
}): Promise<PolicyEvaluator> {
  const { architecture, preferences, loss } = options;
  const negativeCount = Math.max(...preferences.map(({ negatives }) => negatives.length));
  const graph = new Graph();
  const inputs = preferenceInputs(graph, preferences.length, negativeCount + 1);
  const logProbabilities = policyLogProbabilities(graph, inputs, architecture);
  const predictor = await createPredictor({
    graph,
    outputs: pairLogProbabilities(logProbabilities, inputs),
  });
  const feeds = createPreferenceFeeds(preferences.length, negativeCount + 1);
  preferences.forEach((preference, row) => fillPreference(feeds, row, preference));
  return {
    async measure(weights) {
      const results = await predictor.run({ ...feeds, [weightsName]: weights });
      const [chosen, rejected] = [results.chosen!, results.rejected!] as Float32Array[];
      return average(
        preferences.map(({ negatives }, row) => {
          const positive = chosen![row]!;
          const others = negatives.map((_, pair) => rejected![row * negativeCount + pair]!);
          return {
            loss: mean(others.map((negative) => preferenceLossOf(positive, negative, loss))),
            logLikelihood: positive,
            accuracy: mean(others.map((negative) => (positive > negative ? 1 : 0))),
          };
        }),
      );
    },
    release: () => predictor.release(),
  };
}

function average(measures: readonly PreferenceMeasures[]): PreferenceMeasures {
  return {
    loss: mean(measures.map(({ loss }) => loss)),
    logLikelihood: mean(measures.map(({ logLikelihood }) => logLikelihood)),
    accuracy: mean(measures.map(({ accuracy }) => accuracy)),
  };
}
