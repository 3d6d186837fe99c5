import { setTimeout as sleep } from "node:timers/promises";
import { createSystemClock } from "../../core/clock.ts";
import type { PinholeCamera } from "../../core/camera.ts";
import type { Task } from "../../core/cell.ts";
import { invariant, isDreamlogError } from "../../core/errors.ts";
import type { Box, RgbImage } from "../../core/image.ts";
import { decodeMask } from "../../core/maskRuns.ts";
import { createArmKinematics } from "../../robot/armKinematics.ts";
import type { CreateHandler } from "../../workers/serve.ts";
import { openLog, type OpenLog } from "../../../store/openLog.ts";
import { closeDreamer, isRemoteSource, loadDreamer, type DreamerSource } from "../dreamer.ts";
import { createJudge, defaultJudge, type JudgeSpec } from "../judgeSpec.ts";
import { loadPlanner, type PlannerSpec } from "../plannerSpec.ts";
import { isRemoteJudge } from "../remote/judgeRemotely.ts";
import { loadSegmenter, type AnySegmenter, type SegmenterSpec } from "../segmenterSpec.ts";
import { closeSession } from "../sessionLifecycle.ts";
import { decodePicture, type LivePicture } from "./livePicture.ts";
import { lastSeenProducer } from "./livePrompts.ts";
import { LiveRecorder } from "./liveRecorder.ts";
import type { LiveMind, LiveMotion, LivePrimitiveOutcome } from "./liveTurn.ts";
import { maskOverlap } from "./maskOverlap.ts";
import { endTurn, startTurn, type LiveSample, type Turn } from "./turnUnderWay.ts";
import { beginWatch, type Look, type SceneWatch } from "./watchScene.ts";

/** A scene that a plan was made on still stands when so much of it does, as intersection over union. */
const sameSceneOverlap = 0.95;

/** While a service is asked, this thread answers so often, so that it can look and be ended meanwhile. */
const patienceMs = 50;

/** What the thread that looks, plans and judges is started with. */
export interface ThinkerSetup {
  readonly logPath: string;
  /** The live session; what is thought has sessions of its own beside it. */
  readonly recording: string;
  readonly camera: PinholeCamera;
  readonly task: Task;
  /** Null only follows the object. */
  readonly goal: RgbImage | null;
  readonly boxes: { readonly start: Box; readonly goal: Box };
  /** One that the operator drew round the object holds until the object has been moved. */
  readonly isStartBoxDrawn: boolean;
  readonly segmenter: SegmenterSpec;
  /** Null only watches. */
  readonly planner: PlannerSpec | null;
  readonly candidateCount: number;
  readonly judge: JudgeSpec;
  /** Dreams what is judged before one of the candidates is chosen; null takes the first. */
  readonly worldModel: DreamerSource | null;
}

export type ThinkerJob =
  | { readonly kind: "watch"; readonly session: string; readonly picture: LivePicture }
  | { readonly kind: "look"; readonly index: number; readonly picture: LivePicture }
  | { readonly kind: "plan"; readonly session: string; readonly picture: LivePicture }
  /** Asks again for a plan that was not made in time. */
  | { readonly kind: "planned"; readonly session: string }
  | { readonly kind: "begin"; readonly session: string }
  | { readonly kind: "supersede"; readonly session: string; readonly reason: string }
  | {
      readonly kind: "conclude";
      readonly session: string;
      readonly samples: readonly LiveSample[];
      /** The session of a plan made ahead. */
      readonly ahead: string | null;
    }
  | { readonly kind: "close" };

export type ThinkerAnswer =
  /** Why the picture shows nothing that could be followed; null where it does. */
  | { readonly kind: "watch"; readonly refusal: string | null }
  | { readonly kind: "look"; readonly look: Look }
  | {
      readonly kind: "plan";
      /** A service has not answered yet: ask again. */
      readonly isUnderWay: boolean;
      /** Null when nothing is to be done: `outcome` says why. */
      readonly motion: LiveMotion | null;
      readonly outcome: LivePrimitiveOutcome | null;
    }
  | {
      readonly kind: "conclude";
      readonly outcome: LivePrimitiveOutcome;
      /** Whether the scene that the plan ahead was made on is the scene there is. */
      readonly isAheadGood: boolean;
    }
  | { readonly kind: "done" };

/**
 * Looks, plans, dreams and judges beside a live session: all that takes long, on a connection to the
 * log of its own, so that the thread of the robot's messages and commands stays free.
 */
export const createHandler: CreateHandler<ThinkerSetup, ThinkerJob, ThinkerAnswer> = async (
  setup,
) => {
  const clock = createSystemClock();
  const open = openLog({ path: setup.logPath, clock });
  const waiting = new AbortController();
  const mind = await loadMind(setup, open, waiting.signal);
  const turns = new Map<string, Turn>();
  let watch: SceneWatch | null = null;
  let hasActed = false;
  const recorderOf = (session: string) => new LiveRecorder(open, session, clock);
  const turnOf = (session: string): Turn => {
    const turn = turns.get(session);
    invariant(turn !== undefined, `the turn ${session} is under way`);
    return turn;
  };

  const answer = async (job: ThinkerJob): Promise<ThinkerAnswer> => {
    switch (job.kind) {
      case "watch": {
        const begun = await beginOrGiveUp(recorderOf(job.session), mind, setup, job.picture);
        watch = begun.watch;
        return { kind: "watch", refusal: begun.refusal };
      }
      case "look":
        invariant(watch !== null, "whoever looks watches");
        return {
          kind: "look",
          look: await watch.look(job.index, await decodePicture(job.picture)),
        };
      case "plan": {
        const scene = { ...setup, image: await decodePicture(job.picture) };
        const box = hasActed && setup.isStartBoxDrawn ? (watch?.lastSeen() ?? null) : null;
        const turn =
          box === null
            ? startTurn(recorderOf(job.session), planning(mind), scene)
            : startTurn(
                new LiveRecorder(open, job.session, clock, lastSeenProducer),
                { ...planning(mind), boxes: { ...setup.boxes, start: box } },
                scene,
              );
        turns.set(job.session, turn);
        return planOf(turn, setup);
      }
      case "planned":
        return planOf(turnOf(job.session), setup);
      case "begin": {
        const turn = turnOf(job.session);
        hasActed = true;
        turn.permit(true);
        await Promise.race([turn.acting, turn.ended]);
        return { kind: "done" };
      }
      case "supersede": {
        const turn = turnOf(job.session);
        turn.permit({ supersededBy: job.reason });
        await turn.ended;
        turns.delete(job.session);
        return { kind: "done" };
      }
      case "conclude": {
        const turn = turnOf(job.session);
        turn.deliver(job.samples);
        const { outcome, finalMask } = await turn.ended;
        turns.delete(job.session);
        const seen = job.ahead === null ? null : turnOf(job.ahead).startMask;
        const isSeen = seen !== null && finalMask !== null;
        const overlap = isSeen ? maskOverlap(decodeMask(seen), decodeMask(finalMask)) : 0;
        return { kind: "conclude", outcome, isAheadGood: overlap >= sameSceneOverlap };
      }
      case "close":
        waiting.abort();
        for (const turn of turns.values()) await endTurn(turn);
        await watch?.close();
        if (mind.verification !== null) await closeDreamer(mind.verification);
        await mind.segmenter.release?.();
        await open.close();
        return { kind: "done" };
    }
  };
  return async (job) => ({ result: await answer(job) });
};

/** What came of a plan so far; where a service is asked, that may be nothing yet. */
async function planOf(turn: Turn, setup: ThinkerSetup): Promise<ThinkerAnswer> {
  return Promise.race([
    turn.planned.then((motion) => ({ ...planMade, motion })),
    turn.ended.then(({ outcome }) => ({ ...planMade, outcome })),
    ...(asksServices(setup) ? [sleep(patienceMs, { ...planMade, isUnderWay: true })] : []),
  ]);
}

const planMade = { kind: "plan", isUnderWay: false, motion: null, outcome: null } as const;

function asksServices({ planner, worldModel, judge }: ThinkerSetup): boolean {
  const isDreamedElsewhere = worldModel !== null && isRemoteSource(worldModel);
  return planner?.kind === "openai" || judge.kind === "openai" || isDreamedElsewhere;
}

type LoadedMind = Omit<LiveMind, "planner" | "goal" | "segmenter"> & {
  readonly planner: LiveMind["planner"] | null;
  readonly goal: LiveMind["goal"] | null;
  readonly segmenter: AnySegmenter;
};

/** @param signal - ends what is being asked of services. */
async function loadMind(
  setup: ThinkerSetup,
  open: OpenLog,
  signal: AbortSignal,
): Promise<LoadedMind> {
  const { planner, worldModel, judge, segmenter } = setup;
  return {
    ...setup,
    segmenter: await loadSegmenter(segmenter),
    kinematics: await createArmKinematics(),
    planner: planner === null ? null : await loadPlanner(planner, open.blobs, { signal }),
    judge: createJudge(judge, { signal }),
    verification: worldModel === null ? null : await loadDreamer(open, worldModel, signal),
  };
}

function planning({ planner, goal, ...mind }: LoadedMind): LiveMind {
  invariant(planner !== null && goal !== null, "whoever plans has a planner and a goal");
  return { ...mind, planner, goal };
}

/** A scene in which nothing can be followed is not watched, and its session says why. */
async function beginOrGiveUp(
  recorder: LiveRecorder,
  mind: LoadedMind,
  setup: ThinkerSetup,
  picture: LivePicture,
): Promise<{ readonly watch: SceneWatch | null; readonly refusal: string | null }> {
  // One that is asked elsewhere is too slow for pictures under way.
  const quick = isRemoteJudge(mind.judge) ? createJudge(defaultJudge) : mind.judge;
  invariant(!isRemoteJudge(quick), "the default judge is embedded");
  try {
    const scene = { ...setup, image: await decodePicture(picture) };
    return { watch: await beginWatch(recorder, { ...mind, judge: quick }, scene), refusal: null };
  } catch (error) {
    if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
    const refusal = `${error.code}: ${error.message}`;
    await closeSession(recorder, "failed", refusal);
    return { watch: null, refusal };
  }
}
