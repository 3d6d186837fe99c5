import { createStopwatch } from "../../core/clock.ts";
import { invariant } from "../../core/errors.ts";
import { loadWorldModel } from "../../dreaming/worldModel.ts";
import { sessionStarted } from "../../events/session.ts";
import { readCheckpoint } from "../../inference/checkpointFile.ts";
import { createGeometricJudge } from "../../judging/geometricJudge.ts";
import type { OracleSearch } from "../../planning/oraclePlanner.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import { createArmKinematics } from "../../robot/armKinematics.ts";
import { createSimulatedCell } from "../../sim/simulatedCell.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { readSession, type SessionEvents } from "../collectedSession.ts";
import type { MethodSpec } from "../evaluateWorker.ts";
import {
  evaluationTrials,
  observedTrials,
  sceneSession,
  trialSession,
} from "../evaluationTrials.ts";
import { createSimulatorOracle } from "../simulatorOracle.ts";
import { isRemotePlanner, loadPlanner, type PlannerSpec } from "../plannerSpec.ts";
import type { RunSettings } from "../settings.ts";
import { planRequestOf } from "./planRequestOf.ts";
import { methods, type ReportSummary } from "./reportData.ts";
import type { TrainedCheckpointEvent } from "./readCurves.ts";
import { prepareVerification, type VerificationTools } from "./verificationTrial.ts";

type Source = Pick<OpenLog, "log" | "blobs">;
type Decision = ReportSummary["decisions"][number];

/** How one method decides: lays a decision on a start out, and returns what is to be timed. */
interface Decider {
  readonly prepare: (scene: SessionEvents) => Promise<() => Promise<unknown>>;
  /** Decisions on each start; a verification or a search takes long and is made once. */
  readonly repeats: number;
  /** Null where no model does the arithmetic. */
  readonly gflop: number | null;
}

type DecisionTools = Omit<VerificationTools, "planner">;

const plannerRepeats = 10;

/**
 * Times decisions on the first evaluation start of every task that could be observed, from keypoints to
 * the chosen action, one at a time on this thread. Nothing of it enters the log. The arithmetic is that
 * of the models; the oracle, which tries its actions in the simulator, has none.
 *
 * @param worldModel - what explicit verification dreams with.
 */
export async function measureDecisions(
  source: Source,
  settings: RunSettings,
  worldModel: TrainedCheckpointEvent,
): Promise<readonly Decision[]> {
  const trials = await firstObserved(source, settings);
  if (trials.length === 0) return [];
  const scenes: SessionEvents[] = [];
  for (const trial of trials) {
    scenes.push(await readSession(source.log, sceneSession(settings, trial)));
  }
  const tools = await createTools(source.blobs, settings, worldModel);
  try {
    const decisions: Decision[] = [];
    for (const method of methods) {
      const session = trialSession(settings, method, trials[0]!);
      // The oracle may have been left out of the evaluation.
      if ((await source.log.session(session)) === undefined) continue;
      const spec = specOf(await readSession(source.log, session));
      const decider = await createDecider(source.blobs, spec, tools);
      if (decider === null) continue;
      const secondsMedian = median(await timeDecisions(decider, scenes));
      decisions.push({ method, secondsMedian, gflop: decider.gflop });
    }
    return decisions;
  } finally {
    await tools.worldModel.close();
    tools.kinematics.close();
  }
}

async function firstObserved({ log }: Source, settings: RunSettings) {
  const trials = await observedTrials(log, settings, evaluationTrials(settings));
  return trials.filter((trial, at) => trials.findIndex(({ task }) => task === trial.task) === at);
}

async function createTools(
  blobs: BlobStore,
  settings: RunSettings,
  checkpoint: TrainedCheckpointEvent,
): Promise<DecisionTools> {
  return {
    kinematics: await createArmKinematics(),
    worldModel: await loadWorldModel({
      checkpoint: await blobs.get(checkpoint.payload.weights.digest),
      samplingSteps: settings.worldModel.samplingSteps,
    }),
    checkpoint,
    judge: createGeometricJudge(),
  };
}

/** How the method's own sessions decided, as they say themselves. */
function specOf(session: SessionEvents): MethodSpec {
  return JSON.parse(session.get("started", sessionStarted).payload.settings) as MethodSpec;
}

async function createDecider(
  blobs: BlobStore,
  spec: MethodSpec,
  tools: DecisionTools,
): Promise<Decider | null> {
  if (spec.kind === "oracle") return oracleDecider(spec.search, tools);
  const planner = await loadPlanner(spec.planner, blobs);
  // What a service took stands in its answers; asking it again would cost.
  if (isRemotePlanner(planner)) return null;
  const plannerGflop = await gflopOf(spec.planner, blobs);
  if (spec.kind === "planner") {
    return {
      prepare: (scene) => Promise.resolve(() => planner.propose(planRequestOf(scene, 1))),
      repeats: plannerRepeats,
      gflop: plannerGflop,
    };
  }
  const { candidateCount } = spec;
  return {
    prepare: (scene) => prepareVerification(blobs, scene, { ...tools, planner }, candidateCount),
    repeats: 1,
    gflop: plannerGflop + candidateCount * tools.worldModel.gflopPerDream,
  };
}

/** Searches as in the evaluation, in a cell of its own. */
function oracleDecider(search: OracleSearch, { kinematics }: DecisionTools): Decider {
  return {
    async prepare(scene) {
      const environment = await createSimulatedCell({ motionFrames: { fractions: [] } });
      const oracle = createSimulatorOracle({ environment, kinematics, search });
      return async () => {
        await oracle.propose(planRequestOf(scene, 1));
        await environment.close();
      };
    },
    repeats: 1,
    gflop: null,
  };
}

async function gflopOf(spec: PlannerSpec, blobs: BlobStore): Promise<number> {
  if (spec.kind !== "policy") return 0;
  const { settings } = readCheckpoint(await blobs.get(spec.weights), `blob ${spec.weights}`);
  const { gflopPerDecision } = JSON.parse(settings) as { readonly gflopPerDecision?: number };
  invariant(gflopPerDecision !== undefined, "a planner's checkpoint tells its arithmetic");
  return gflopPerDecision;
}

/** @returns seconds of each decision; a first round, which warms models and code up, is not counted. */
async function timeDecisions(
  { prepare, repeats }: Decider,
  scenes: readonly SessionEvents[],
): Promise<number[]> {
  await (
    await prepare(scenes[0]!)
  )();
  const seconds: number[] = [];
  for (const scene of scenes) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const decide = await prepare(scene);
      const watch = createStopwatch();
      await decide();
      seconds.push(watch.seconds());
    }
  }
  return seconds;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
