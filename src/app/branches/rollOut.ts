import { setImmediate } from "node:timers/promises";
import type { KeypointAction, Task } from "../../core/cell.ts";
import type { EventId, SessionId, StoredEvent } from "../../events/envelope.ts";
import type { Planner } from "../../ports/planner.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import type { compileCandidate } from "../dreamCandidates.ts";
import { renderCandidates, type CameraEvent, type RenderedCandidate } from "../dreamCandidates.ts";
import type { CropEvent, KeypointsEvent, ObservedScene } from "../observe.ts";
import type { RemotePlanner } from "../plannerSpec.ts";
import { proposePlan } from "../proposePlan.ts";
import { recordChoice } from "../recordChoice.ts";
import { interrupted } from "../runContext.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import type { Observation } from "./branchPoint.ts";

/** Candidates asked of the planner at each step: the first that the arms can carry out is taken. */
const candidateCount = 4;

/** What a planner needs of an observation, and a world model. */
export interface PerceivedObject {
  readonly keypoints: KeypointsEvent;
  readonly crop: CropEvent;
  /** The frame that shows it, with its mask; null where it was dreamed. */
  readonly shot: Pick<ObservedScene, "frame" | "mask"> | null;
}

/** How one step ended. */
export interface StepResult {
  readonly session: SessionId;
  readonly action: KeypointAction;
  /** Distance from the goal, metres: true in the simulator, as the judge sees it in a dream. */
  readonly distanceM: number | null;
  /** In {0, 0.5, 1}; null in a dream, where nobody knows the true state. */
  readonly score: number | null;
}

/** What comes of an action, in the simulator or in a dream. */
export interface StepOutcome {
  /** What the next step goes on from, and the event it forks at; null when nothing moved. */
  readonly next: { readonly observation: Observation; readonly fork: StoredEvent } | null;
  readonly distanceM: number | null;
  readonly score: number | null;
}

/** Where a branch goes on: the simulator, or the world model acting as the environment. */
export interface BranchEnvironment {
  readonly name: "sim" | "world-model";
  /**
   * Made ready for a step of a session that is about to be written.
   *
   * @param upto - the event of `session` that the step forks at.
   * @throws {DreamlogError} `STATE_UNREACHABLE` when it cannot go on from there.
   */
  prepare(session: SessionId, upto: StoredEvent, observation: Observation): Promise<void>;
  act(
    recorder: SessionRecorder,
    step: {
      readonly task: Task;
      readonly goal: ObservedScene;
      readonly camera: CameraEvent;
      readonly seen: PerceivedObject;
      readonly chosen: RenderedCandidate;
    },
  ): Promise<StepOutcome>;
}

export interface RollOut {
  readonly open: Pick<OpenLog, "log" | "blobs">;
  readonly kinematics: ArmKinematics;
  readonly planner: Planner | RemotePlanner;
  readonly environment: BranchEnvironment;
  /** Sees an observation as the planner wants it. */
  readonly perceive: (
    recorder: SessionRecorder,
    observation: Observation,
  ) => Promise<PerceivedObject>;
  readonly task: Task;
  readonly goal: ObservedScene;
  readonly camera: CameraEvent;
  /** Of the session's start, which names the planner's random numbers. */
  readonly seed: string;
  /** What the steps' sessions say they were made with. */
  readonly settings: object;
  readonly signal: AbortSignal;
}

/** Where a step begins. */
interface StepStart {
  readonly session: SessionId;
  readonly fork: StoredEvent;
  readonly observation: Observation;
}

/**
 * Goes on from an observation for some primitives. Every step is a session of its own that forks at
 * the observation before it, so any of them can be branched again; they are named `<branch>/1`,
 * `<branch>/2` and so on.
 *
 * @returns the steps that were taken; fewer than wanted when the arms can do none of the candidates.
 * @throws {DreamlogError} `INTERRUPTED` between two steps; what preparing the environment throws;
 *   `MASK_EMPTY` when a dream has lost the object.
 */
export async function rollOut(
  out: RollOut,
  from: StepStart,
  wanted: { readonly branch: SessionId; readonly steps: number },
  onStep: (step: StepResult) => void,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  let start: StepStart | null = from;
  for (let step = 1; step <= wanted.steps && start !== null; step++) {
    await setImmediate();
    if (out.signal.aborted) throw interrupted("branch");
    const session = `${wanted.branch}/${step}`;
    const taken: TakenStep = await takeStep(out, start, session);
    if (taken.result !== null) {
      results.push(taken.result);
      onStep(taken.result);
    }
    start = taken.next;
  }
  return results;
}

interface TakenStep {
  readonly result: StepResult | null;
  readonly next: StepStart | null;
}

async function takeStep(out: RollOut, start: StepStart, session: SessionId): Promise<TakenStep> {
  const { open, environment, task, goal, camera, seed, settings } = out;
  await environment.prepare(start.session, start.fork, start.observation);
  const recorder = recorderFor({ open }, session);
  recorder.advanceToUs(start.fork.sourceTimeUs);
  const parent: { session: SessionId; event: EventId } = {
    session: start.session,
    event: start.fork.id,
  };
  await startSession(recorder, { purpose: "branch", task, seed, settings, parent });
  const seen = await out.perceive(recorder, start.observation);
  const context = await proposePlan(recorder, out.planner, {
    task,
    start: seen,
    goal,
    camera,
    candidateCount,
    seed: session,
  });
  const chosen = await firstFeasible(out, recorder, context);
  if (chosen === null) {
    await closeSession(recorder, "completed", "the arms can carry out no candidate");
    return { result: null, next: null };
  }
  await recordChoice(recorder, context, chosen.candidate);
  const outcome = await environment.act(recorder, { task, goal, camera, seen, chosen });
  await closeSession(recorder, "completed");
  const { distanceM, score, next } = outcome;
  return {
    result: { session, action: chosen.action, distanceM, score },
    next: next === null ? null : { session, ...next },
  };
}

async function firstFeasible(
  { kinematics }: RollOut,
  recorder: SessionRecorder,
  context: Parameters<typeof compileCandidate>[2],
): Promise<RenderedCandidate | null> {
  for (let candidate = 0; candidate < context.plan.payload.candidates.length; candidate++) {
    const [rendered] = await renderCandidates(recorder, kinematics, context, [candidate]);
    if (rendered !== undefined) return rendered;
  }
  return null;
}
