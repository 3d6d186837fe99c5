import { createSystemClock } from "../../core/clock.ts";
import type { PinholeCamera } from "../../core/camera.ts";
import type { Task } from "../../core/cell.ts";
import { invariant, isDreamlogError } from "../../core/errors.ts";
import type { Box, RgbImage } from "../../core/image.ts";
import { decodeMask, type MaskRuns } from "../../core/maskRuns.ts";
import { createColourSegmenter } from "../../perception/colourSegmenter.ts";
import type { EnvironmentSample } from "../../ports/environment.ts";
import { createArmKinematics } from "../../robot/armKinematics.ts";
import type { CreateHandler } from "../../workers/serve.ts";
import { openLog, type OpenLog } from "../../../store/openLog.ts";
import { closeDreamer, loadDreamer, type DreamerSource } from "../dreamer.ts";
import { createJudge, defaultJudge, type JudgeSpec } from "../judgeSpec.ts";
import { loadPlanner, type PlannerSpec } from "../plannerSpec.ts";
import { isRemoteJudge } from "../remote/judgeRemotely.ts";
import { closeSession } from "../sessionLifecycle.ts";
import { decodePicture, type LivePicture } from "./livePicture.ts";
import { LiveRecorder } from "./liveRecorder.ts";
import { runLiveTurn, type LiveMind, type LiveMotion, type LivePrimitiveOutcome, type LiveTurnResult } from "./liveTurn.ts"; // prettier-ignore
import { maskOverlap } from "./maskOverlap.ts";
import { beginWatch, type Look, type SceneWatch } from "./watchScene.ts";

/** A scene that a plan was made on still stands when so much of it does, as intersection over union. */
const sameSceneOverlap = 0.95;

/** What the thread that looks, plans and judges is started with. */
export interface ThinkerSetup {
  readonly logPath: string;
  /** The live session; what is thought has sessions of its own beside it. */
  readonly recording: string;
  readonly camera: PinholeCamera;
  readonly task: Task;
  readonly goal: RgbImage;
  readonly boxes: { readonly start: Box; readonly goal: Box };
  /** Null only watches. */
  readonly planner: PlannerSpec | null;
  readonly candidateCount: number;
  readonly judge: JudgeSpec;
  /** Dreams what is judged before one of the candidates is chosen; null takes the first. */
  readonly worldModel: DreamerSource | null;
}

/** What a motion brought, pictures as the camera encoded them. */
export type LiveSample =
  | Exclude<EnvironmentSample, { readonly type: "frame" }>
  | (Omit<Extract<EnvironmentSample, { readonly type: "frame" }>, "image"> & {
      readonly picture: LivePicture;
    });

export type ThinkerJob =
  | { readonly kind: "watch"; readonly session: string; readonly picture: LivePicture }
  | { readonly kind: "look"; readonly index: number; readonly picture: LivePicture }
  | { readonly kind: "plan"; readonly session: string; readonly picture: LivePicture }
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
  | { readonly kind: "watch"; readonly isWatching: boolean }
  | { readonly kind: "look"; readonly look: Look }
  | {
      readonly kind: "plan";
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

type Permit = true | { readonly supersededBy: string };

/** A turn under way, with what it waits for. */
interface Turn {
  readonly ended: Promise<LiveTurnResult>;
  readonly planned: Promise<LiveMotion>;
  readonly acting: Promise<null>;
  readonly permit: (permit: Permit) => void;
  readonly deliver: (samples: readonly LiveSample[]) => void;
  startMask: MaskRuns | null;
}

/**
 * Looks, plans, dreams and judges beside a live session: all that takes long, on a connection to the
 * log of its own, so that the thread of the robot's messages and commands stays free.
 */
export const createHandler: CreateHandler<ThinkerSetup, ThinkerJob, ThinkerAnswer> = async (
  setup,
) => {
  const clock = createSystemClock();
  const open = openLog({ path: setup.logPath, clock });
  const mind = await loadMind(setup, open);
  const turns = new Map<string, Turn>();
  let watch: SceneWatch | null = null;
  const recorderOf = (session: string) => new LiveRecorder(open, session, clock);
  const turnOf = (session: string): Turn => {
    const turn = turns.get(session);
    invariant(turn !== undefined, `the turn ${session} is under way`);
    return turn;
  };

  const answer = async (job: ThinkerJob): Promise<ThinkerAnswer> => {
    switch (job.kind) {
      case "watch":
        watch = await beginOrGiveUp(recorderOf(job.session), mind, setup, job.picture);
        return { kind: "watch", isWatching: watch !== null };
      case "look":
        invariant(watch !== null, "whoever looks watches");
        return {
          kind: "look",
          look: await watch.look(job.index, await decodePicture(job.picture)),
        };
      case "plan": {
        const scene = { ...setup, image: await decodePicture(job.picture) };
        const turn = startTurn(recorderOf(job.session), planning(mind), scene);
        turns.set(job.session, turn);
        return Promise.race([
          turn.planned.then((motion) => ({ kind: "plan", motion, outcome: null }) as const),
          turn.ended.then(({ outcome }) => ({ kind: "plan", motion: null, outcome }) as const),
        ]);
      }
      case "begin": {
        const turn = turnOf(job.session);
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
        for (const turn of turns.values()) await endTurn(turn);
        await watch?.close();
        if (mind.verification !== null) await closeDreamer(mind.verification);
        await open.close();
        return { kind: "done" };
    }
  };
  return async (job) => ({ result: await answer(job) });
};

type LoadedMind = Omit<LiveMind, "planner"> & { readonly planner: LiveMind["planner"] | null };

async function loadMind(setup: ThinkerSetup, open: OpenLog): Promise<LoadedMind> {
  const { planner, worldModel, judge } = setup;
  return {
    ...setup,
    segmenter: createColourSegmenter(),
    kinematics: await createArmKinematics(),
    planner: planner === null ? null : await loadPlanner(planner, open.blobs),
    judge: createJudge(judge),
    verification: worldModel === null ? null : await loadDreamer(open, worldModel),
  };
}

function planning({ planner, ...mind }: LoadedMind): LiveMind {
  invariant(planner !== null, "whoever plans has a planner");
  return { ...mind, planner };
}

/** A scene in which nothing can be followed is not watched, and its session says why. */
async function beginOrGiveUp(
  recorder: LiveRecorder,
  mind: LoadedMind,
  setup: ThinkerSetup,
  picture: LivePicture,
): Promise<SceneWatch | null> {
  // One that is asked elsewhere is too slow for pictures under way.
  const quick = isRemoteJudge(mind.judge) ? createJudge(defaultJudge) : mind.judge;
  invariant(!isRemoteJudge(quick), "the default judge is embedded");
  try {
    const scene = { ...setup, image: await decodePicture(picture) };
    return await beginWatch(recorder, { ...mind, judge: quick }, scene);
  } catch (error) {
    if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
    await closeSession(recorder, "failed", `${error.code}: ${error.message}`);
    return null;
  }
}

function startTurn(
  recorder: LiveRecorder,
  mind: LiveMind,
  scene: Parameters<typeof runLiveTurn>[2],
): Turn {
  const planned = deferred<LiveMotion>();
  const permitted = deferred<Permit>();
  const acting = deferred<null>();
  const delivered = deferred<readonly LiveSample[]>();
  const body = {
    mayAct(motion: LiveMotion) {
      planned.resolve(motion);
      return permitted.promise;
    },
    execute() {
      acting.resolve(null);
      return decoded(delivered.promise);
    },
  };
  const turn: Turn = {
    planned: planned.promise,
    acting: acting.promise,
    permit: permitted.resolve,
    deliver: delivered.resolve,
    startMask: null,
    ended: runLiveTurn(recorder, mind, scene, body, (mask) => (turn.startMask = mask)),
  };
  // Whoever concludes the turn sees how it failed.
  turn.ended.catch(() => undefined);
  return turn;
}

/** Ends what a session that ends early leaves under way. */
async function endTurn(turn: Turn): Promise<void> {
  turn.permit({ supersededBy: "the session has ended" });
  turn.deliver([]);
  await turn.ended;
}

async function* decoded(
  samples: Promise<readonly LiveSample[]>,
): AsyncGenerator<EnvironmentSample> {
  for (const sample of await samples) {
    if (sample.type !== "frame") {
      yield sample;
      continue;
    }
    const { picture, ...rest } = sample;
    yield { ...rest, image: await decodePicture(picture) };
  }
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((give) => (resolve = give));
  return { promise, resolve };
}
