import { ManualClock } from "../../core/clock.ts";
import { cropWindow } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Box, RgbImage } from "../../core/image.ts";
import { cameraCalibrated, cameraFrameCaptured } from "../../events/environment.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { requirePrompts } from "../live/livePrompts.ts";
import { LiveRecorder } from "../live/liveRecorder.ts";
import { observeScene, type ObservedScene } from "../observe.ts";
import { observedScene } from "../readScene.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { defaultSegmenter, type SegmenterSpec } from "../segmenterSpec.ts";
import type { BranchPoint } from "./branchPoint.ts";

/** What a branch works towards, in place of what its session did, if that had a goal at all. */
export interface NewGoal {
  readonly picture: RgbImage;
  /** Round the object in it, pixels; the camera's workspace when null. */
  readonly box: Box | null;
}

/** Where a branch begins, and towards what. */
export interface BranchBegin {
  readonly session: SessionId;
  readonly fork: StoredEvent;
  readonly goal: ObservedScene;
}

/**
 * The goal that a branch point's session has. A new one is observed in a session `<branch>/goal` that
 * forks at the point, and the branch goes on from its end: whoever branches again finds it there.
 *
 * @throws {DreamlogError} `NO_OBSERVATION` for a session without a goal where none is given;
 *   `ARGUMENT_INVALID` for a segmenter that wants a box and gets none; `MASK_EMPTY` for a picture that
 *   shows no object; `EVENT_CONFLICT` for a branch of this name towards something else.
 */
export async function beginBranch(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  point: BranchPoint,
  branch: SessionId,
  asked: {
    readonly goal: NewGoal | null;
    readonly segmenter: Segmenter;
    readonly segmenterSpec: SegmenterSpec | undefined;
  },
): Promise<BranchBegin> {
  const { session, fork, events, task } = point;
  const { goal, segmenter, segmenterSpec = defaultSegmenter } = asked;
  if (goal === null) {
    if (events.find("goal/frame", cameraFrameCaptured) === undefined) throw goalMissing(session);
    // A recorder of no session: what is read of the goal is in the log.
    const reader = recorderFor({ open: { log, blobs } }, branch);
    return { session, fork, goal: observedScene(reader, segmenter, events, "goal") };
  }
  requirePrompts(segmenterSpec, { start: true, goal: goal.box !== null });
  // The operator drew the box now, in the time of what is branched.
  const clock = new ManualClock(fork.sourceTimeUs);
  const recorder = new LiveRecorder({ log, blobs }, `${branch}/goal`, clock);
  const parent = { session, event: fork.id };
  await startSession(recorder, { purpose: "branch", task, seed: session, settings: {}, parent });
  const camera = events.get("camera", cameraCalibrated);
  const box = goal.box ?? cropWindow(camera.payload);
  const scene = { image: goal.picture, box, truth: null };
  const observed = await observeScene(recorder, segmenter, camera, { name: "goal", task, scene });
  const end = await closeSession(recorder, "completed");
  return { session: recorder.session, fork: end, goal: observed };
}

function goalMissing(session: SessionId): DreamlogError {
  return new DreamlogError(
    "NO_OBSERVATION",
    `session ${session}: expected a goal to work towards, found none; name a picture of one with --goal`,
    { session },
  );
}
