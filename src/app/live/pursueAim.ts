import {
  firstValueFrom,
  lastValueFrom,
  share,
  Subject,
  takeUntil,
  tap,
  type Observable,
} from "rxjs";
import type { LiveSink } from "../../../hardware/intake/liveSink.ts";
import type { LiveCell, LiveFrame } from "../../../hardware/liveCell.ts";
import { cropWindow, type Task } from "../../core/cell.ts";
import type { Clock } from "../../core/clock.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Box, RgbImage } from "../../core/image.ts";
import type { PlannerChoice } from "../branches/plannerChoice.ts";
import type { WorldModelSpec } from "../branches/worldModelChoice.ts";
import type { JudgeSpec } from "../judgeSpec.ts";
import { defaultSegmenter, type SegmenterSpec } from "../segmenterSpec.ts";
import { aborted } from "./aborted.ts";
import { carryOutPlan } from "./carryOutPlan.ts";
import { resolveLivePlanner, resolveLiveWorldModel } from "./liveModels.ts";
import { perceive } from "./livePerception.ts";
import type { LiveRecorder } from "./liveRecorder.ts";
import { startLiveThinker } from "./liveThinker.ts";
import type { LivePrimitiveOutcome } from "./liveTurn.ts";
import type { Look } from "./watchScene.ts";

/** What a live session works towards, or only follows. */
export interface LiveAim {
  readonly task: Task;
  /** Null follows the object and measures nothing: there is no distance to judge, and no plan. */
  readonly goal: RgbImage | null;
  /** The workspace square of the camera when left out. */
  readonly boxes: { readonly start?: Box; readonly goal?: Box };
  /** Finds the object in them; the embedded one when left out. */
  readonly segmenter?: SegmenterSpec;
  /** Says how near the object is to the goal. */
  readonly judge: JudgeSpec;
  /** Every so many-th picture is looked at. */
  readonly lookEvery: number;
  /** Null only watches; a plan needs a goal. */
  readonly plan: LivePlan | null;
}

/** What a planner is to do on the cell. */
export interface LivePlan {
  readonly planner: PlannerChoice;
  readonly candidateCount: number;
  /** Candidates are dreamed by it and judged before one is chosen; null takes the planner's first. */
  readonly worldModel: WorldModelSpec | null;
  /** Primitives to carry out, one after the other. */
  readonly primitiveCount: number;
}

/** A live session that runs. */
export interface RunningSession {
  readonly logPath: string;
  readonly recorder: LiveRecorder;
  readonly cell: LiveCell;
  readonly sink: LiveSink;
  readonly clock: Clock;
  readonly rateHz: number;
  /** Names the leading camera's stream in events. */
  readonly stream: string;
  readonly frames$: Observable<LiveFrame>;
  readonly latestFrame: () => LiveFrame;
  readonly signal: AbortSignal;
  readonly onLook: (look: Look) => void;
  /** There is nothing to look at, and why. */
  readonly onRefusal: (reason: string) => void;
  /** Looking failed: the session is to end. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Watches the object and, with a plan, acts on it until the plan is done or the session ends.
 *
 * @returns how the primitives ended.
 * @throws {DreamlogError} `LINK_FAILED` without the camera's intrinsics; what finding the models throws.
 */
export async function pursueAim(
  aim: LiveAim,
  running: RunningSession,
): Promise<readonly LivePrimitiveOutcome[]> {
  const { recorder, frames$, stream, sink, signal } = running;
  const { session } = recorder;
  const thinker = startLiveThinker(await thinkerSetup(aim, running));
  const enough = new Subject<void>();
  const looks$ = perceive(frames$.pipe(takeUntil(enough)), {
    thinker,
    sink,
    stream,
    session: `${session}/watch`,
    every: aim.lookEvery,
    onRefusal: running.onRefusal,
  }).pipe(
    tap((look) => {
      if (look !== null) running.onLook(look);
    }),
    share(),
  );
  const outcomes: LivePrimitiveOutcome[] = [];
  try {
    const looking = lastValueFrom(looks$, { defaultValue: null }).catch(running.onFailure);
    // The thread is at work when it has looked once: what it plans on is then no old picture.
    const ready = firstValueFrom(looks$, { defaultValue: null }).catch(() => null);
    await Promise.race([ready, aborted(signal)]);
    if (aim.plan === null) await aborted(signal);
    else {
      const { primitiveCount } = aim.plan;
      const run = { ...running, thinker, session, primitiveCount };
      for await (const outcome of carryOutPlan(run)) outcomes.push(outcome);
    }
    enough.next();
    await looking;
  } finally {
    await thinker.close();
  }
  return outcomes;
}

async function thinkerSetup(aim: LiveAim, { recorder, cell, logPath }: RunningSession) {
  const { camera } = cell;
  if (camera === null) {
    throw new DreamlogError(
      "LINK_FAILED",
      "expected the camera's intrinsics, found that no camera info has come; name its topic as `info` in the cell file",
    );
  }
  const { task, goal, boxes, segmenter = defaultSegmenter, judge, plan } = aim;
  const window = cropWindow(camera);
  return {
    logPath,
    recording: recorder.session,
    camera,
    task,
    goal,
    boxes: { start: boxes.start ?? window, goal: boxes.goal ?? window },
    isStartBoxDrawn: boxes.start !== undefined,
    segmenter,
    judge,
    planner: plan === null ? null : await resolveLivePlanner(recorder, plan.planner),
    candidateCount: plan?.candidateCount ?? 1,
    worldModel:
      plan?.worldModel == null ? null : await resolveLiveWorldModel(recorder, plan.worldModel),
  };
}
