import { cameraCalibrated } from "../../events/environment.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointImported, checkpointTrained, preferencesPaired } from "../../events/learning.ts";
import type { Digest } from "../../core/digest.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { numericFingerprint } from "../../inference/numericFingerprint.ts";
import type {
  PolicyTraining,
  PreferenceExample,
  TrainedPolicy,
} from "../../learning/trainPolicy.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import { settingsText } from "../settings.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

export type PreferenceLossName = "orpo" | "dreamplanEq5";

/** Everything but the data that decides what a fine-tuning comes to. */
export interface PlannerTrainingConfig {
  readonly loss: PreferenceLossName;
  readonly steps: number;
  readonly learningRate: number;
  readonly lambda: number;
}

type Stored<Definition> = StoredEvent<PayloadOf<Definition>>;

/** A prompt's preferences with the scene that their actions are about. */
export interface PreferenceEvents {
  readonly pairs: Stored<typeof preferencesPaired>;
  readonly current: Stored<typeof keypointsSampled>;
  readonly goal: Stored<typeof keypointsSampled>;
  readonly camera: Stored<typeof cameraCalibrated>;
}

export interface PlannerTrainingTools {
  readonly blobs: BlobStore;
  readonly trainPolicy: (job: Omit<PolicyTraining, "onProgress">) => Promise<TrainedPolicy>;
}

const threads = 1;

/** Version 2 names the scenes of the preferences among its causes. */
export function plannerTrainingProducer(config: PlannerTrainingConfig, init: Digest): Producer {
  return {
    component: "learning.trainPolicy",
    version: 2,
    config: { ...config },
    model: init,
    fingerprint: numericFingerprint(threads),
  };
}

/** @returns the causes of a fine-tuning, as the rule below reads them. */
export function plannerTrainingCauses(
  init: Stored<typeof checkpointImported>,
  preferences: readonly PreferenceEvents[],
): readonly StoredEvent[] {
  const ofOne = ({ pairs, current, goal, camera }: PreferenceEvents) => [pairs, current, goal, camera]; // prettier-ignore
  return [init, ...preferences.flatMap(ofOne)];
}

const causesAPreference = 4;

/**
 * A planner fine-tuned on preferences. Causes: the checkpoint it started from, then for each prompt
 * the preferences, the keypoints of observation and goal, and the camera. The seed names what is held
 * out and in which order the rest is seen.
 */
export const trainPlanner = stepwiseRule<PlannerTrainingTools, typeof checkpointTrained>({
  definition: checkpointTrained,
  component: "learning.trainPolicy",
  producerNow: (recorded) =>
    sameConfiguration(recorded, { version: 2, fingerprint: numericFingerprint(threads) }),
  async computeOne(step, { blobs, trainPolicy }) {
    const config = step.producer.config as unknown as PlannerTrainingConfig;
    const { loss, steps, learningRate, lambda } = config;
    const init = causeAt(step, 0, checkpointImported);
    const examples = examplesOf(step);
    const trained = await trainPolicy({
      init: await blobs.get(init.payload.weights.digest),
      examples,
      loss:
        loss === "orpo" ? { kind: "orpo", lambda, nllScope: "response" } : { kind: "dreamplanEq5" },
      steps,
      learningRate,
      seed: step.seed ?? "",
    });
    return {
      role: "planner" as const,
      loss,
      stepCount: steps,
      weights: await blobs.put(trained.checkpoint, "application/onnx"),
      columns: [...trained.columns],
      curve: trained.curve,
      selected: trained.selected,
      settings: settingsText({ ...config, examples: examples.length }),
    };
  },
});

function examplesOf(step: DerivationStep): readonly PreferenceExample[] {
  const examples: PreferenceExample[] = [];
  for (let at = 1; at < step.causes.length; at += causesAPreference) {
    const { task, positive, negatives } = causeAt(step, at, preferencesPaired).payload;
    const current = causeAt(step, at + 1, keypointsSampled).payload.points;
    const goal = causeAt(step, at + 2, keypointsSampled).payload.points;
    const camera = causeAt(step, at + 3, cameraCalibrated).payload;
    examples.push({ task, camera, current, goal, positive, negatives });
  }
  return examples;
}
