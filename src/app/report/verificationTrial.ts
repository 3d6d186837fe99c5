import { ManualClock } from "../../core/clock.ts";
import type { BlobRef } from "../../events/media.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import type { EventDefinition } from "../../events/eventDefinition.ts";
import { checkpointTrained } from "../../events/learning.ts";
import { cropTaken, keypointsSampled } from "../../events/perception.ts";
import { planProposed } from "../../events/planning.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { Judge } from "../../ports/judge.ts";
import type { Planner } from "../../ports/planner.ts";
import type { WorldModel } from "../../ports/worldModel.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import type { SessionEvents } from "../collectedSession.ts";
import { dreamCandidates, renderCandidates } from "../dreamCandidates.ts";
import { judgeDreams } from "../judgeDreams.ts";
import { recorderFor, startSession } from "../sessionLifecycle.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { planRequestOf } from "./planRequestOf.ts";
import type { TrainedCheckpointEvent } from "./readCurves.ts";

/** What explicit verification decides with. */
export interface VerificationTools {
  readonly planner: Planner;
  readonly kinematics: ArmKinematics;
  readonly worldModel: WorldModel;
  readonly checkpoint: TrainedCheckpointEvent;
  readonly judge: Judge;
}

/**
 * Lays one observed start into a log in memory, so that a decision can be made on it that the run's
 * own log does not answer and does not keep.
 *
 * @param blobs - of the run's log.
 * @returns makes the decision: propose, render, dream, judge, choose.
 */
export async function prepareVerification(
  blobs: BlobStore,
  scene: SessionEvents,
  tools: VerificationTools,
  candidateCount: number,
): Promise<() => Promise<void>> {
  const memory = createMemoryLog({ clock: new ManualClock() });
  const recorder = recorderFor({ open: memory }, "decision");
  const { task } = scene;
  await startSession(recorder, { purpose: "timing", task, seed: "timing", settings: {} });
  const copy = copierInto(recorder, scene);
  const camera = await copy("camera", cameraCalibrated);
  const current = await copy("start/keypoints", keypointsSampled);
  const goal = await copy("goal/keypoints", keypointsSampled);
  for (const name of ["start", "goal"]) {
    const { image } = scene.get(`${name}/crop/objectOnly`, cropTaken).payload;
    await copyBlob(blobs, memory.blobs, image.blob);
  }
  const startCrop = await copy("start/crop/objectOnly", cropTaken);
  const goalCrop = await copy("goal/crop/objectOnly", cropTaken);
  const { payload, producer } = tools.checkpoint;
  await copyBlob(blobs, memory.blobs, payload.weights);
  const checkpoint = await recorder.derived(
    "checkpoint",
    checkpointTrained,
    { producer, causes: [] },
    () => payload,
  );

  return async () => {
    const { planner, kinematics, worldModel, judge } = tools;
    const plan = await recorder.derived(
      "plan",
      planProposed,
      { producer: planner.producer, causes: [current, goal, camera] },
      async () => ({
        candidates: [...(await planner.propose(planRequestOf(scene, candidateCount)))],
      }),
    );
    const context = { plan, current, goal, camera };
    const all = plan.payload.candidates.map((_, candidate) => candidate);
    const rendered = await renderCandidates(recorder, kinematics, context, all);
    const dreams = await dreamCandidates(recorder, worldModel, checkpoint, startCrop, rendered);
    await judgeDreams(recorder, judge, { name: "verification", task, goal: goalCrop, dreams });
    await memory.close();
  };
}

/** Copies events without their causes, which the log in memory does not hold. */
function copierInto(recorder: SessionRecorder, scene: SessionEvents) {
  return <Definition extends EventDefinition>(role: string, definition: Definition) => {
    const { producer, payload, kind } = scene.get(role, definition);
    return kind === "derived"
      ? // Without causes, only the seed tells two keypoint sets apart.
        recorder.derived(role, definition, { producer, causes: [], seed: role }, () => payload)
      : recorder.fact(role, definition, payload, { producer });
  };
}

async function copyBlob(from: BlobStore, to: BlobStore, ref: BlobRef): Promise<void> {
  await to.put(await from.get(ref.digest), ref.mediaType);
}
