import type { CollectJob, CollectOutcome } from "../collectWorker.ts";
import type { PlannerSpec } from "../plannerSpec.ts";
import {
  parentOf,
  runOnWorkers,
  sessionName,
  startsOf,
  trainingStartSeed,
  type RunContext,
} from "../runContext.ts";
import type { RunSettings } from "../settings.ts";
import { importCheckpoints } from "./importCheckpoints.ts";

/**
 * Collects trajectories: for every start the zero-shot planner proposes candidates, the first is
 * carried out, and frames, masks, crops and the score are logged, one session each.
 */
export async function collect(context: RunContext): Promise<void> {
  const { settings, open } = context;
  const { zeroShot } = await importCheckpoints(context);
  const planner: PlannerSpec = settings.branch?.collector ?? {
    kind: "policy",
    weights: zeroShot.payload.weights.digest,
    temperature: settings.samplingTemperature,
  };
  await runOnWorkers<{ task: CollectJob["task"]; index: number }, CollectJob, CollectOutcome>(
    context,
    {
      stage: "collect",
      module: new URL("../collectWorker.ts", import.meta.url),
      setup: { logPath: open.path, segmenter: settings.segmenter },
      items: startsOf(settings.startsPerTask),
      jobOf: ({ task, index }) => ({
        session: sessionName(settings, "collect", task, index),
        task,
        startSeed: trainingStartSeed(settings.seed, task, index),
        candidateCount: settings.candidateCount,
        planner,
        withFullScene: settings.worldModel.fullSceneSteps > 0,
        ...observedBy(settings, task, index),
      }),
      summaryOf: (outcomes) => {
        const count = (wanted: CollectOutcome) => outcomes.filter((each) => each === wanted).length;
        return `${outcomes.length} trajectories (${count("already")} were in the log, ${count("failed")} failed)`;
      },
    },
  );
}

/** A branch plans anew for what the session it branches from observed. */
function observedBy(
  settings: RunSettings,
  task: CollectJob["task"],
  index: number,
): Pick<CollectJob, "observed"> {
  const { parent } = parentOf(settings, "collect", task, index);
  return parent === undefined ? {} : { observed: parent.session };
}
