import { resolvePlanner } from "../branches/resolvePlanner.ts";
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
  await importCheckpoints(context);
  const planner = await collectorOf(context);
  await runOnWorkers<{ task: CollectJob["task"]; index: number }, CollectJob, CollectOutcome>(
    context,
    {
      stage: "collect",
      endsAtOnce: planner.kind === "openai",
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

/** What plans in a run or branch: the zero-shot planner where neither names another. */
async function collectorOf({ settings, open }: RunContext): Promise<PlannerSpec> {
  const { models, branch } = settings;
  if (branch?.collector !== undefined) return branch.collector;
  return resolvePlanner(open.log, settings, models?.collector ?? { kind: "zeroShot" }, null);
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
