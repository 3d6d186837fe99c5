import { createRgbImage, type RgbImage } from "../../core/image.ts";
import type { Task } from "../../core/cell.ts";
import { isDreamlogError } from "../../core/errors.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { verdictGiven } from "../../events/judging.ts";
import { judgeQuestions } from "../../judging/vlm/vlmJudge.ts";
import { encodePng } from "../../media/imageFormat.ts";
import type { Judge } from "../../ports/judge.ts";
import type { ChatPicture } from "../../remote/chat.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { loadDream } from "../derivations/judgeDreams.ts";
import { answeredVerdictProducer, countPoll, readAnsweredVerdict, tellUnreadableVerdict } from "../derivations/readAnsweredVerdict.ts"; // prettier-ignore
import type { DreamEvent } from "../dreamCandidates.ts";
import type { CropEvent } from "../observe.ts";
import { exactProducer } from "../producers.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { askModel, type AnswerEvent, type RemoteModel } from "./askModel.ts";

/** A judge that is asked elsewhere. */
export interface RemoteJudge {
  /** Names the judge in settings; verdicts are made by what reads the answers. */
  readonly producer: Producer;
  readonly model: RemoteModel;
}

export function createRemoteJudge(model: RemoteModel): RemoteJudge {
  const { url, model: name, protocol, votes } = model.spec;
  const config = { url, model: name, protocol, votes };
  return { producer: exactProducer("judging.vlmJudge", 1, config), model };
}

export function isRemoteJudge(judge: Judge | RemoteJudge): judge is RemoteJudge {
  return "model" in judge;
}

/** Crops are this many times larger in a question: models see little in 64 pixels. */
export const judgedScale = 4;

/**
 * Asks a vision-language model which of K dreams ends nearest to the goal. Every answer is an effect;
 * verdict and poll are derived from them.
 *
 * @returns null when no verdict can be read in the answers, which is then an event.
 * @throws {DreamlogError} `REMOTE_UNAVAILABLE`.
 */
export async function judgeRemotely(
  recorder: SessionRecorder,
  { model }: RemoteJudge,
  request: {
    readonly name: string;
    readonly task: Task;
    readonly goal: CropEvent;
    readonly dreams: readonly DreamEvent[];
  },
): Promise<StoredEvent<PayloadOf<typeof verdictGiven>> | null> {
  const { name, task, goal, dreams } = request;
  const { protocol, votes, format } = model.spec;
  const questions = judgeQuestions(
    protocol,
    {
      task,
      goal: await pictureOf(await recorder.media.loadImage(goal.payload.image)),
      dreams: await Promise.all(dreams.map((dream) => lastPicture(recorder, dream))),
      votes,
      format,
    },
    `${recorder.session}/${name}`,
  );
  const answers: (AnswerEvent | null)[] = [];
  for (const [at, question] of questions.entries()) {
    const role = `${name}/answer/${at}`;
    answers.push(await askModel(recorder, model, role, question, [goal, ...dreams]));
  }
  const answered = answers.map((answer) => answer !== null);
  const step = {
    producer: answeredVerdictProducer({ task, protocol, votes, answered }),
    causes: [goal, ...dreams, ...answers.filter((answer) => answer !== null)],
  };
  try {
    const verdict = await deriveBy(
      recorder,
      readAnsweredVerdict,
      { name: `${name}/verdict`, ...step },
      {},
    );
    await deriveBy(recorder, countPoll, { name: `${name}/poll`, ...step }, {});
    return verdict;
  } catch (error) {
    if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
    const failed = { name: `${name}/verdict/failed`, ...step };
    await deriveBy(recorder, tellUnreadableVerdict, failed, {});
    return null;
  }
}

async function lastPicture(recorder: SessionRecorder, dream: DreamEvent): Promise<ChatPicture> {
  const { widthPx, heightPx, frames } = await loadDream(recorder.media, dream.payload);
  return pictureOf(createRgbImage(widthPx, heightPx, frames.at(-1)));
}

async function pictureOf(image: RgbImage): Promise<ChatPicture> {
  return { mediaType: "image/png", bytes: await encodePng(enlarged(image, judgedScale)) };
}

/** Every pixel a square of pixels: nothing is added that was not there. */
function enlarged({ widthPx, heightPx, pixels }: RgbImage, scale: number): RgbImage {
  const large = createRgbImage(widthPx * scale, heightPx * scale);
  for (let y = 0; y < large.heightPx; y++) {
    for (let x = 0; x < large.widthPx; x++) {
      const from = 3 * (Math.floor(y / scale) * widthPx + Math.floor(x / scale));
      large.pixels.set(pixels.subarray(from, from + 3), 3 * (y * large.widthPx + x));
    }
  }
  return large;
}
