import type { CollectJob, CollectOutcome } from "../collectWorker.ts";
import {
  runOnWorkers,
  sessionName,
  startsOf,
  trainingStartSeed,
  type RunContext,
} from "../runContext.ts";
import { importCheckpoints } from "./importCheckpoints.ts";

/**
 * Collects trajectories: for every start the zero-shot planner proposes candidates, the first is
 * carried out, and frames, masks, crops and the score are logged, one session each.
 */
export async function collect(context: RunContext): Promise<void> {
  const { settings, open } = context;
  const { zeroShot } = await importCheckpoints(context);
  await runOnWorkers<{ task: CollectJob["task"]; index: number }, CollectJob, CollectOutcome>(
    context,
    {
      stage: "collect",
      module: new URL("../collectWorker.ts", import.meta.url),
      setup: { logPath: open.path },
      items: startsOf(settings.startsPerTask),
      jobOf: ({ task, index }) => ({
        session: sessionName(settings, "collect", task, index),
        task,
        startSeed: trainingStartSeed(settings.seed, task, index),
        candidateCount: settings.candidateCount,
        planner: {
          kind: "policy",
          weights: zeroShot.payload.weights.digest,
          temperature: settings.samplingTemperature,
        },
        withFullScene: settings.worldModel.fullSceneSteps > 0,
      }),
      summaryOf: (outcomes) => {
        const count = (wanted: CollectOutcome) => outcomes.filter((each) => each === wanted).length;
        return `${outcomes.length} trajectories (${count("already")} were in the log, ${count("failed")} failed)`;
      },
    },
  );
}
