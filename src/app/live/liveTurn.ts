import type { Box, RgbImage } from "../../core/image.ts";
import type { PinholeCamera } from "../../core/camera.ts";
import type { Task } from "../../core/cell.ts";
import { invariant, isDreamlogError } from "../../core/errors.ts";
import { primitivePhases } from "../../core/primitive.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import { planSuperseded } from "../../events/hardware.ts";
import type { MaskRuns } from "../../core/maskRuns.ts";
import type { EnvironmentSample, JointTrajectory } from "../../ports/environment.ts";
import type { Judge } from "../../ports/judge.ts";
import type { Planner } from "../../ports/planner.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import { beginScene, logCamera } from "../beginScene.ts";
import { carryOut } from "../carryOut.ts";
import { renderCandidates, type PlanContext, type RenderedCandidate } from "../dreamCandidates.ts";
import { dreamWith, type Dreamer } from "../dreamer.ts";
import { judgeDreams } from "../judgeDreams.ts";
import { observeFrame, observeScene, type ObservedScene } from "../observe.ts";
import type { RemotePlanner } from "../plannerSpec.ts";
import { driverProducer } from "../producers.ts";
import { proposePlan } from "../proposePlan.ts";
import { recordChoice } from "../recordChoice.ts";
import type { RemoteJudge } from "../remote/judgeRemotely.ts";
import { isUnanswered, unansweredNote } from "../remote/unanswered.ts";
import { closeSession, runSession, startSession } from "../sessionLifecycle.ts";
import type { LiveRecorder } from "./liveRecorder.ts";

/** Of the time of its way home, after which the arm is nearly there and hides the object no more. */
const clearOfReturn = 0.85;

/**
 * How a primitive on a live cell ended. `unanswered`: a service gave no answer, or none that could be
 * read, so there was nothing to carry out; the session's events say why.
 */
export type LivePrimitiveOutcome = "done" | "refused" | "failed" | "superseded" | "unanswered";

/** What decides on a live cell, and by what. */
export interface LiveMind {
  readonly task: Task;
  readonly goal: RgbImage;
  /** Drawn round the object by the operator, pixels. */
  readonly boxes: { readonly start: Box; readonly goal: Box };
  readonly segmenter: Segmenter;
  readonly kinematics: ArmKinematics;
  readonly planner: Planner | RemotePlanner;
  readonly candidateCount: number;
  readonly judge: Judge | RemoteJudge;
  /** Candidates are dreamed and judged before one is chosen; null takes the planner's first. */
  readonly verification: Dreamer | null;
}

/** A primitive on its way to an arm. */
export interface LiveMotion extends JointTrajectory {
  /** Share of the steps after which the arm is out of the camera's way, 0 to 1. */
  readonly clearShare: number;
}

/** Whoever moves the arm, as the turn sees it. */
export interface LiveBody {
  /** Says what is going to be done; answers whether it may be, now. */
  mayAct(motion: LiveMotion): Promise<true | { readonly supersededBy: string }>;
  /** The command is in the log: what comes of it. */
  execute(trajectory: JointTrajectory): AsyncIterable<EnvironmentSample>;
}

/** What a turn ended with. */
export interface LiveTurnResult {
  readonly outcome: LivePrimitiveOutcome;
  /** The object's pixels at the end; null when nothing was carried out. */
  readonly finalMask: MaskRuns | null;
}

/**
 * One turn of the session loop on a live cell: observe, plan, act, observe again, as a session with
 * the roles of a collected one, so that whatever reads those reads it.
 *
 * @param image - the camera's picture of the start.
 * @param onStart - gets the object's pixels that the plan will be made on.
 */
export async function runLiveTurn(
  recorder: LiveRecorder,
  mind: LiveMind,
  scene: { readonly image: RgbImage; readonly camera: PinholeCamera; readonly recording: string },
  body: LiveBody,
  onStart: (mask: MaskRuns) => void,
): Promise<LiveTurnResult> {
  let result: LiveTurnResult = { outcome: "failed", finalMask: null };
  try {
    await runSession(recorder, async () => {
      try {
        result = await takeTurn(recorder, mind, scene, body, onStart);
      } catch (error) {
        const isUnread = isDreamlogError(error, "ANSWER_INVALID");
        if (isUnread || isUnanswered(error)) result = { outcome: "unanswered", finalMask: null };
        throw error;
      }
    });
  } catch (error) {
    // A service that is gone ends the turn and not the recording: the cell is still there.
    if (!isUnanswered(error)) throw error;
    await closeSession(recorder, "failed", unansweredNote(error));
  }
  return result;
}

async function takeTurn(
  ...[recorder, mind, scene, body, onStart]: Parameters<typeof runLiveTurn>
): Promise<LiveTurnResult> {
  const { task, candidateCount, planner } = mind;
  const { session } = recorder;
  const settings = { candidateCount, recording: scene.recording };
  await startSession(recorder, { purpose: "live", task, seed: session, settings });
  const { camera, goal, start } = await beginLiveScene(recorder, mind, scene);
  onStart(start.mask.payload.mask);
  const asked = { task, start, goal, camera, candidateCount, seed: session };
  const context = await proposePlan(recorder, planner, asked);
  const chosen = await choose(recorder, mind, context, { start, goal });
  const notDone = (outcome: LivePrimitiveOutcome) => ({ outcome, finalMask: null });
  if (chosen === null) return notDone("refused");
  const permit = await body.mayAct(motionOf(chosen));
  if (permit !== true) {
    const payload = { reason: permit.supersededBy };
    await recorder.fact("superseded", planSuperseded, payload, { producer: driverProducer });
    return notDone("superseded");
  }
  const { motion, final } = await carryOut(recorder, body, chosen.primitive);
  if (final === null) return notDone("refused");
  for (const [at, frame] of motion.entries()) {
    await observeFrame(recorder, camera, start.track, `motion/${at}`, frame);
  }
  const { mask } = await observeFrame(recorder, camera, start.track, "final", final);
  return { outcome: "done", finalMask: mask.payload.mask };
}

function motionOf({ primitive }: RenderedCandidate): LiveMotion {
  const { arm, rateHz, stepCount, commands, phaseStarts } = primitive.payload;
  const returnStart = phaseStarts[primitivePhases.indexOf("return")] ?? stepCount;
  const clearStep = returnStart + clearOfReturn * (stepCount - returnStart);
  return { arm, rateHz, stepCount, commands, clearShare: clearStep / stepCount };
}

/** Logs goal and start of a live cell: a person has put the object there, and the goal is a picture. */
export function beginLiveScene(
  recorder: LiveRecorder,
  { task, segmenter, goal, boxes }: Pick<LiveMind, "task" | "segmenter" | "goal" | "boxes">,
  { image, camera }: { readonly image: RgbImage; readonly camera: PinholeCamera },
): ReturnType<typeof beginScene> {
  const scenes = {
    start: { image, box: boxes.start, truth: null },
    goal: { image: goal, box: boxes.goal, truth: null },
  };
  const environment = { camera, reset: () => Promise.resolve(scenes) };
  return beginScene(recorder, { environment, segmenter }, { task, startSeed: recorder.session });
}

/** The same where nobody said what it should look like: only the start is logged. */
export async function beginLiveSight(
  recorder: LiveRecorder,
  { task, segmenter, boxes }: Pick<LiveMind, "task" | "segmenter" | "boxes">,
  seen: { readonly image: RgbImage; readonly camera: PinholeCamera },
): Promise<Omit<Awaited<ReturnType<typeof beginScene>>, "goal">> {
  const camera = await logCamera(recorder, seen.camera);
  const scene = { image: seen.image, box: boxes.start, truth: null };
  return {
    camera,
    start: await observeScene(recorder, segmenter, camera, { name: "start", task, scene }),
  };
}

/** @returns null when the arms can carry out no candidate. */
async function choose(
  recorder: LiveRecorder,
  mind: LiveMind,
  context: PlanContext,
  scene: { readonly start: ObservedScene; readonly goal: ObservedScene },
): Promise<RenderedCandidate | null> {
  const all = context.plan.payload.candidates.map((_, candidate) => candidate);
  const { chosen, reasons } =
    mind.verification === null
      ? { chosen: await firstFeasible(recorder, mind.kinematics, context, all), reasons: [] }
      : await chooseByVerification(recorder, mind, mind.verification, context, scene);
  if (chosen === null) return null;
  await recordChoice(recorder, context, chosen.candidate, reasons);
  return chosen;
}

async function firstFeasible(
  recorder: LiveRecorder,
  kinematics: ArmKinematics,
  context: PlanContext,
  candidates: readonly number[],
): Promise<RenderedCandidate | null> {
  for (const candidate of candidates) {
    const [rendered] = await renderCandidates(recorder, kinematics, context, [candidate]);
    if (rendered !== undefined) return rendered;
  }
  return null;
}

/** Every candidate dreamed, and the one whose dream ends nearest to the goal. */
async function chooseByVerification(
  recorder: LiveRecorder,
  mind: LiveMind,
  dreamer: Dreamer,
  context: PlanContext,
  { start, goal }: { readonly start: ObservedScene; readonly goal: ObservedScene },
): Promise<{
  readonly chosen: RenderedCandidate | null;
  readonly reasons: readonly StoredEvent[];
}> {
  const { kinematics, judge, task } = mind;
  const all = context.plan.payload.candidates.map((_, candidate) => candidate);
  const rendered = await renderCandidates(recorder, kinematics, context, all);
  // Without dreams or a verdict the planner's own first candidate stands.
  const unjudged = { chosen: rendered[0] ?? null, reasons: [] };
  if (rendered.length === 0) return unjudged;
  const { crop, frame, mask } = start;
  const scene = { ...mind, camera: context.camera, crop, seen: { frame, mask } };
  const dreams = await dreamWith(recorder, dreamer, scene, rendered);
  if (dreams.length === 0) return unjudged;
  const request = { name: "verification", task, goal: goal.crop, dreams };
  const verdict = await judgeDreams(recorder, judge, request);
  if (verdict === null) return unjudged;
  const best = dreams[verdict.payload.best]?.payload.candidate;
  const chosen = rendered.find(({ candidate }) => candidate === best);
  invariant(chosen !== undefined, "a verdict's best is one of what it judged");
  return { chosen, reasons: [verdict] };
}
