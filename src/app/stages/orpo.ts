import { invariant } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { checkpointTrained } from "../../events/learning.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { numericFingerprint } from "../../inference/numericFingerprint.ts";
import type {
  PolicyTraining,
  PreferenceExample,
  TrainedPolicy,
} from "../../learning/trainPolicy.ts";
import type { PairsEvent } from "../pairPreferences.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { readEvents } from "../collectedSession.ts";
import { parentOf, sessionName, type RunContext } from "../runContext.ts";
import { settingsText } from "../settings.ts";
import { trainInThread } from "../trainInThread.ts";
import { importCheckpoints } from "./importCheckpoints.ts";
import { preferencePairs } from "./preferencePairs.ts";

export type TrainedPlanner = StoredEvent<PayloadOf<typeof checkpointTrained>>;
export type PreferenceLoss = "orpo" | "dreamplanEq5";

const threads = 1;

/** Fine-tunes the zero-shot planner on the log's preference pairs, once by each loss. */
export async function orpo(context: RunContext): Promise<void> {
  await trainedPlanner(context, "orpo");
  await trainedPlanner(context, "dreamplanEq5");
}

/**
 * The planner fine-tuned by `loss`: from the log, or trained now. Everything it learns from is read
 * from the log; nothing here reaches an environment.
 */
export async function trainedPlanner(
  context: RunContext,
  loss: PreferenceLoss,
): Promise<TrainedPlanner> {
  const { settings, open } = context;
  const session = sessionName(settings, "orpo", loss);
  if ((await open.log.session(session))?.isClosed === true) {
    return (await readEvents(open.log, session)).get("checkpoint", checkpointTrained);
  }
  const { zeroShot } = await importCheckpoints(context);
  const recorder = recorderFor({ open }, session);
  const { steps, learningRate, lambda } = settings.orpo;
  await startSession(recorder, {
    purpose: "orpo",
    task: null,
    seed: settings.seed,
    settings: { loss, ...settings.orpo },
    ...parentOf(settings, "orpo", loss),
  });
  const pairs = await preferencePairs(context, recorder);
  const event = await recorder.derived(
    "checkpoint",
    checkpointTrained,
    {
      producer: {
        component: "learning.trainPolicy",
        version: 1,
        config: { loss, steps, learningRate, lambda },
        model: zeroShot.payload.weights.digest,
        fingerprint: numericFingerprint(threads),
      },
      causes: [zeroShot, ...pairs],
      seed: settings.seed,
    },
    async () => {
      const examples: PreferenceExample[] = [];
      for (const pair of pairs) examples.push(await exampleOf(context, pair));
      const job: Omit<PolicyTraining, "onProgress"> = {
        init: await open.blobs.get(zeroShot.payload.weights.digest),
        examples,
        loss:
          loss === "orpo"
            ? { kind: "orpo", lambda, nllScope: "response" }
            : { kind: "dreamplanEq5" },
        steps,
        learningRate,
        seed: settings.seed,
      };
      const trained = await trainInThread<typeof job, TrainedPolicy>(context, {
        stage: `fine-tune ${loss}`,
        module: new URL("../trainPolicyWorker.ts", import.meta.url),
        job,
        steps,
        summaryOf: ({ selected }) =>
          `kept step ${selected.step}: ${selected.measure} ${selected.value.toFixed(3)}`,
      });
      return {
        role: "planner" as const,
        loss,
        stepCount: steps,
        weights: await open.blobs.put(trained.checkpoint, "application/onnx"),
        columns: [...trained.columns],
        curve: trained.curve,
        selected: trained.selected,
        settings: settingsText({ loss, ...settings.orpo, examples: examples.length }),
      };
    },
  );
  await closeSession(recorder, "completed");
  return event;
}

async function exampleOf(context: RunContext, pair: PairsEvent): Promise<PreferenceExample> {
  // Causes as `stages/judge.ts` names them: plan, verdict, current, goal, camera.
  const [, , current, goal, camera] = await Promise.all(
    pair.causes.map((position) => context.open.log.get(position)),
  );
  invariant(
    current?.type === keypointsSampled.type &&
      goal?.type === keypointsSampled.type &&
      camera?.type === cameraCalibrated.type,
    `${pair.id} names keypoints and camera`,
  );
  const pointsOf = (event: StoredEvent) =>
    (event as StoredEvent<PayloadOf<typeof keypointsSampled>>).payload.points;
  const { task, positive, negatives } = pair.payload;
  return {
    task,
    camera: (camera as StoredEvent<PayloadOf<typeof cameraCalibrated>>).payload,
    current: pointsOf(current),
    goal: pointsOf(goal),
    positive,
    negatives,
  };
}
