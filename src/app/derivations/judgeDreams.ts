import { cropSidePx, tasks, type Task } from "../../core/cell.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import type { RgbVideo } from "../../core/image.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import type { Producer } from "../../events/envelope.ts";
import { judgementFailed, verdictGiven } from "../../events/judging.ts";
import type { MediaRef } from "../../events/media.ts";
import { cropTaken } from "../../events/perception.ts";
import { unstackFrames } from "../../media/frameStack.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import type { Judge, Verdict } from "../../ports/judge.ts";
import { causeAt, isA, stepwiseRule } from "./rule.ts";

export interface JudgingTools {
  readonly media: Pick<MediaShelf, "loadImage">;
  /**
   * @param producer - the judge's own, without the task.
   * @throws {DreamlogError} `ARGUMENT_INVALID` for a judge that this program does not have.
   */
  readonly judgeOf: (producer: Producer) => Judge | Promise<Judge>;
  /** Ranks in another thread what the judge would rank here; here when left out. */
  readonly rankElsewhere?: (judged: JudgedMedia) => Promise<Verdict>;
}

/** What a judge is shown, by reference. */
export interface JudgedMedia {
  readonly task: Task;
  readonly goal: MediaRef;
  /** A dream's frames are stacked in one picture. */
  readonly shown: readonly { readonly image: MediaRef; readonly isStack: boolean }[];
}

/** Frames a second of a dream, for viewing only. */
const dreamFps = 2;

export async function loadDream(
  media: Pick<MediaShelf, "loadImage">,
  { frames }: { readonly frames: MediaRef },
): Promise<RgbVideo> {
  return unstackFrames(await media.loadImage(frames), cropSidePx, dreamFps);
}

/** Loads what is judged and has it ranked. */
export async function rankMedia(
  media: Pick<MediaShelf, "loadImage">,
  judge: Pick<Judge, "rank">,
  { task, goal, shown }: JudgedMedia,
): Promise<Verdict> {
  const load = async ({ image, isStack }: JudgedMedia["shown"][number]): Promise<RgbVideo> => {
    if (isStack) return loadDream(media, { frames: image });
    const { widthPx, heightPx, pixels } = await media.loadImage(image);
    return { widthPx, heightPx, fps: dreamFps, frames: [pixels] };
  };
  const [goalImage, dreams] = await Promise.all([
    media.loadImage(goal),
    Promise.all(shown.map(load)),
  ]);
  return judge.rank({ task, goal: goalImage, dreams });
}

/** A judge is told the task, which is in none of the causes: so it stands in the configuration. */
export function judgingProducer({ producer }: Judge, task: Task): Producer {
  return { ...producer, config: { ...producer.config, task } };
}

const judgeComponents = ["judging.geometricJudge", "judging.randomJudge"];

const ownProducer = async (recorded: Producer, { judgeOf }: JudgingTools) =>
  judgingProducer(await judgeOf(withoutTask(recorded)), taskOf(recorded));

/**
 * K dreams held against the goal. Causes: the goal's crop, then the dreams in order of candidate. The
 * crop of a camera's frame may stand in a dream's place: what has happened is judged as what may.
 */
const giveVerdictBy = (component: string) =>
  stepwiseRule<JudgingTools, typeof verdictGiven>({
    definition: verdictGiven,
    component,
    producerNow: ownProducer,
    async computeOne(step, tools) {
      const { ranking, distances, isTied } = await rank(step, tools);
      return { ranking: [...ranking], distances: [...distances], best: ranking[0]!, isTied };
    },
  });

/** A judgement that could not be made. Causes: those of the verdict, had there been one. */
const failToJudgeBy = (component: string) =>
  stepwiseRule<JudgingTools, typeof judgementFailed>({
    definition: judgementFailed,
    component,
    producerNow: ownProducer,
    async computeOne(step, tools) {
      try {
        await rank(step, tools);
      } catch (error) {
        if (!isJudgementFailure(error)) throw error;
        return { code: error.code, reason: error.message };
      }
      throw new DreamlogError(
        "ANSWER_INVALID",
        "expected the judge to fail, found that it gives a verdict",
      );
    },
  });

/** One rule a judge; all derive alike. */
export const judgingRules = judgeComponents.flatMap((component) => [
  giveVerdictBy(component),
  failToJudgeBy(component),
]);

/** The rules that any judge's answer is recorded by: their tools name the judge. */
export const giveVerdict = giveVerdictBy("judging");
export const failToJudge = failToJudgeBy("judging");

/** What a judge may fail of without anything being wrong with the log or the program. */
export function isJudgementFailure(error: unknown): error is DreamlogError {
  return isDreamlogError(error, "MASK_EMPTY") || isDreamlogError(error, "MODEL_FAILED");
}

async function rank(
  step: DerivationStep,
  { media, judgeOf, rankElsewhere }: JudgingTools,
): Promise<Verdict> {
  const judged = judgedMedia(step);
  if (rankElsewhere !== undefined) return rankElsewhere(judged);
  return rankMedia(media, await judgeOf(withoutTask(step.producer)), judged);
}

/** What the causes of a verdict show; see `giveVerdictBy`. */
export function judgedMedia(step: DerivationStep): JudgedMedia {
  return {
    task: taskOf(step.producer),
    goal: causeAt(step, 0, cropTaken).payload.image,
    shown: step.causes
      .slice(1)
      .map((cause, at) =>
        isA(cause, cropTaken)
          ? { image: cause.payload.image, isStack: false }
          : { image: causeAt(step, 1 + at, dreamImagined).payload.frames, isStack: true },
      ),
  };
}

function withoutTask(producer: Producer): Producer {
  const { task: _task, ...config } = producer.config;
  return { ...producer, config };
}

/** @throws {DreamlogError} `EVENT_INVALID` for a verdict that does not say what it was about. */
function taskOf({ component, config }: Producer): Task {
  const task = tasks.find((known) => known === config["task"]);
  if (task !== undefined) return task;
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected ${component} to name a task of ${tasks.join(", ")}, found ${JSON.stringify(config["task"])}`,
    { component, found: config["task"] },
  );
}
