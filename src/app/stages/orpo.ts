import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { checkpointTrained } from "../../events/learning.ts";
import { keypointsSampled } from "../../events/perception.ts";
import type { TrainedPolicy } from "../../learning/trainPolicy.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { causeAt } from "../derivations/rule.ts";
import {
  plannerTrainingCauses,
  plannerTrainingProducer,
  trainPlanner,
  type PreferenceEvents,
  type PreferenceLossName,
} from "../derivations/trainPlanner.ts";
import type { PairsEvent } from "../pairPreferences.ts";
import { parentOf, sessionName, type RunContext } from "../runContext.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { trainInThread } from "../trainInThread.ts";
import { importCheckpoints } from "./importCheckpoints.ts";
import { preferencePairs } from "./preferencePairs.ts";

export type TrainedPlanner = StoredEvent<PayloadOf<typeof checkpointTrained>>;
export type { PreferenceLossName as PreferenceLoss } from "../derivations/trainPlanner.ts";

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
  loss: PreferenceLossName,
): Promise<TrainedPlanner> {
  const { settings, open } = context;
  const session = sessionName(settings, "orpo", loss);
  if ((await open.log.session(session))?.isClosed === true) {
    return (await readEvents(open.log, session)).get("checkpoint", checkpointTrained);
  }
  const { zeroShot } = await importCheckpoints(context);
  const recorder = recorderFor({ open }, session);
  await startSession(recorder, {
    purpose: "orpo",
    task: null,
    seed: settings.seed,
    settings: { loss, ...settings.orpo },
    ...parentOf(settings, "orpo", loss),
  });
  const { steps } = settings.orpo;
  const pairs = await preferencePairs(context, recorder);
  const preferences = await Promise.all(pairs.map((pair) => withScene(open.log, pair)));
  const event = await deriveBy(
    recorder,
    trainPlanner,
    {
      name: "checkpoint",
      producer: plannerTrainingProducer(
        { loss, ...settings.orpo },
        zeroShot.payload.weights.digest,
      ),
      causes: plannerTrainingCauses(zeroShot, preferences),
      seed: settings.seed,
    },
    {
      blobs: open.blobs,
      trainPolicy: (job) =>
        trainInThread<typeof job, TrainedPolicy>(context, {
          stage: `fine-tune ${loss}`,
          module: new URL("../trainPolicyWorker.ts", import.meta.url),
          job,
          steps,
          summaryOf: ({ selected }) =>
            `kept step ${selected.step}: ${selected.measure} ${selected.value.toFixed(3)}`,
        }),
    },
  );
  await closeSession(recorder, "completed");
  return event;
}

/** The pairs with the events that their actions are about. */
async function withScene(log: EventLog, pairs: PairsEvent): Promise<PreferenceEvents> {
  const causes = await Promise.all(pairs.causes.map((position) => log.get(position)));
  // Causes as `pairPreferences` names them: plan, verdict, current, goal, camera, dreams.
  const step = { causes: causes.filter((cause) => cause !== undefined) };
  return {
    pairs,
    current: causeAt(step, 2, keypointsSampled),
    goal: causeAt(step, 3, keypointsSampled),
    camera: causeAt(step, 4, cameraCalibrated),
  };
}
