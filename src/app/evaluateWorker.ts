import type { Task } from "../core/cell.ts";
import type { SessionId, StoredEvent } from "../events/envelope.ts";
import type { OracleSearch } from "../planning/oraclePlanner.ts";
import type { Judge } from "../ports/judge.ts";
import type { Planner } from "../ports/planner.ts";
import type { CreateHandler } from "../workers/serve.ts";
import { carryOut, scoreFinalState } from "./carryOut.ts";
import {
  dreamCandidates,
  renderCandidates,
  type CameraEvent,
  type RenderedCandidate,
} from "./dreamCandidates.ts";
import {
  dreamWith,
  loadDreamer,
  loadEmbeddedDreamer,
  type Dreamer,
  type DreamerSource,
  type EmbeddedDreamer,
  type WorldModelSource,
} from "./dreamer.ts";
import type { DreamedScene } from "./remote/dreamRemotely.ts";
import type { RemoteJudge } from "./remote/judgeRemotely.ts";
import { whileOpen } from "./remote/whileOpen.ts";
import { judgeDreams } from "./judgeDreams.ts";
import { createJudge, type JudgeSpec } from "./judgeSpec.ts";
import { deriveCrop, observeFrame, type ObservedScene } from "./observe.ts";
import type { PlannerSpec, RemotePlanner } from "./plannerSpec.ts";
import { observeStart } from "./observeStart.ts";
import { recordChoice } from "./recordChoice.ts";
import { proposePlan } from "./proposePlan.ts";
import type { SegmenterSpec } from "./segmenterSpec.ts";
import { recorderFor, runSession, startSession } from "./sessionLifecycle.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";
import { createSimulatorOracle } from "./simulatorOracle.ts";
import { createTestbed, type Testbed } from "./testbed.ts";

export type { WorldModelSource } from "./dreamer.ts";

/** How one row of the evaluation decides. */
export type MethodSpec =
  | { readonly kind: "planner"; readonly planner: PlannerSpec; readonly dreamsChoice?: true }
  /** Explicit verification: N candidates dreamed and judged at decision time. */
  | {
      readonly kind: "verification";
      readonly planner: PlannerSpec;
      readonly candidateCount: number;
    }
  /** Carries out one given candidate of explicit verification, to hold the judge against the truth. */
  | {
      readonly kind: "audit";
      readonly planner: PlannerSpec;
      readonly candidateCount: number;
      readonly candidate: number;
    }
  | { readonly kind: "oracle"; readonly search: OracleSearch };

export interface EvaluateSetup {
  readonly logPath: string;
  readonly dreamer: DreamerSource;
  readonly fullScene: WorldModelSource | null;
  readonly judge: JudgeSpec;
  readonly segmenter?: SegmenterSpec;
}

/** All methods on one start. */
export interface EvaluateJob {
  readonly task: Task;
  readonly startSeed: string;
  /** Session of the start; each method's session branches from it. */
  readonly startSession: SessionId;
  readonly methods: readonly {
    readonly session: SessionId;
    /** Names the row of the evaluation in the session's settings. */
    readonly method: string;
    readonly spec: MethodSpec;
  }[];
}

interface Trial {
  readonly testbed: Testbed;
  readonly recorder: SessionRecorder;
  readonly task: Task;
  readonly startSeed: string;
  readonly camera: CameraEvent;
  readonly start: ObservedScene;
  readonly goal: ObservedScene;
  readonly dreamer: Dreamer;
  readonly fullScene: EmbeddedDreamer | null;
  readonly judge: Judge | RemoteJudge;
}

/** Evaluation trials: one start, one primitive a method, scored from the true state. */
export const createHandler: CreateHandler<EvaluateSetup, EvaluateJob, number> = async (setup) => {
  const testbed = await createTestbed(setup.logPath, setup.segmenter);
  const waiting = new AbortController();
  const { signal } = waiting;
  const dreamer = await loadDreamer(testbed.open, setup.dreamer, signal);
  const fullScene =
    setup.fullScene === null ? null : await loadEmbeddedDreamer(testbed.open, setup.fullScene);
  const adapters = { testbed, dreamer, fullScene, judge: createJudge(setup.judge, { signal }) };

  const evaluateStart = async (job: EvaluateJob): Promise<number> => {
    const { task, startSeed } = job;
    const open = [];
    for (const method of job.methods) {
      const info = await testbed.open.log.session(method.session);
      if (info?.isClosed !== true) open.push(method);
    }
    if (open.length === 0) return 0;
    const recorder = recorderFor(testbed, job.startSession);
    const observed = await observeStart(recorder, testbed, job);
    if (observed === null) return 0;
    const { scene, fork } = observed;
    for (const { session, method, spec } of open) {
      // The cell stands where the method before left it.
      await testbed.environment.reset({ task, seed: startSeed });
      const branch = recorderFor(testbed, session);
      const trial = { ...adapters, recorder: branch, task, startSeed, ...scene };
      await runSession(branch, async () => {
        const settings = { method, ...spec };
        await startSession(branch, {
          purpose: "evaluate",
          task,
          seed: startSeed,
          settings,
          parent: fork,
        });
        await runTrial(trial, spec);
      });
    }
    return open.length;
  };
  return async (job, report) => ({
    result: await whileOpen(report, waiting, () => evaluateStart(job)),
  });
};

async function runTrial(trial: Trial, spec: MethodSpec): Promise<void> {
  const { testbed, recorder, task, start, goal, camera, startSeed } = trial;
  const planner = await plannerFor(trial, spec);
  const candidateCount = "candidateCount" in spec ? spec.candidateCount : 1;
  const context = await proposePlan(recorder, planner, {
    task,
    start,
    goal,
    camera,
    candidateCount,
    seed: startSeed,
    furtherCauses:
      spec.kind === "oracle" ? [start.truth, goal.truth].filter((truth) => truth !== null) : [],
  });
  const wanted =
    spec.kind === "audit" ? [spec.candidate] : context.plan.payload.candidates.map((_, at) => at);
  const rendered = await renderCandidates(recorder, testbed.kinematics, context, wanted);
  if (rendered.length === 0) return;
  const { chosen, reasons } =
    spec.kind === "verification"
      ? await chooseByVerification(trial, rendered)
      : { chosen: rendered[0]!, reasons: [] };
  await recordChoice(recorder, context, chosen.candidate, reasons);
  const isCompared = spec.kind === "planner" && spec.dreamsChoice === true;
  if (isCompared) await dreamChoice(trial, chosen);
  await act(trial, chosen, isCompared);
}

function plannerFor(trial: Trial, spec: MethodSpec): Promise<Planner | RemotePlanner> {
  if (spec.kind !== "oracle") return trial.testbed.plannerFor(spec.planner);
  const { kinematics, environment } = trial.testbed;
  return Promise.resolve(createSimulatorOracle({ environment, kinematics, search: spec.search }));
}

async function chooseByVerification(
  trial: Trial,
  rendered: readonly RenderedCandidate[],
): Promise<{ readonly chosen: RenderedCandidate; readonly reasons: readonly StoredEvent[] }> {
  const { recorder, judge, task, goal } = trial;
  const dreams = await dreamWith(recorder, trial.dreamer, dreamedScene(trial), rendered);
  // Without dreams or a verdict the planner's own first candidate stands.
  const unjudged = { chosen: rendered[0]!, reasons: [] };
  if (dreams.length === 0) return unjudged;
  const request = { name: "verification", task, goal: goal.crop, dreams };
  const verdict = await judgeDreams(recorder, judge, request);
  if (verdict === null) return unjudged;
  const best = dreams[verdict.payload.best]!.payload.candidate;
  const chosen = rendered.find(({ candidate }) => candidate === best)!;
  return { chosen, reasons: [verdict] };
}

function dreamedScene({ testbed, task, camera, start }: Trial): DreamedScene {
  const { kinematics } = testbed;
  const { crop, frame, mask } = start;
  return { task, camera, crop, seen: { frame, mask }, kinematics };
}

/** Dreams what is about to happen, so that the dream can be held against it. */
async function dreamChoice(trial: Trial, chosen: RenderedCandidate): Promise<void> {
  const { recorder, start, fullScene, camera } = trial;
  await dreamWith(recorder, trial.dreamer, dreamedScene(trial), [chosen]);
  if (fullScene === null) return;
  const crop = await deriveCrop(recorder, "start", "fullScene", camera, start.frame, start.mask);
  const { model, checkpoint } = fullScene;
  await dreamCandidates(recorder, model, checkpoint, crop, [chosen], "fullSceneDream");
}

async function act(trial: Trial, chosen: RenderedCandidate, isCompared: boolean): Promise<void> {
  const { recorder, testbed, task, goal, start, camera } = trial;
  const { environment } = testbed;
  const { final, motion } = await carryOut(recorder, environment, chosen.primitive);
  if (final === null) return;
  const frames = isCompared ? [...motion, final] : [final];
  for (const [at, frame] of frames.entries()) {
    const name = frame === final ? "final" : `motion/${at}`;
    const { mask } = await observeFrame(recorder, camera, start.track, name, frame);
    if (isCompared && trial.fullScene !== null) {
      await deriveCrop(recorder, name, "fullScene", camera, frame, mask);
    }
  }
  const { truth } = await environment.observe();
  if (truth !== null) await scoreFinalState(recorder, task, goal, truth);
}
