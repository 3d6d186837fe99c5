import type { Task } from "../../core/cell.ts";
import { isDreamlogError } from "../../core/errors.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { verdictGiven } from "../../events/judging.ts";
import { questionCount } from "../../judging/vlm/vlmJudge.ts";
import type { Judge } from "../../ports/judge.ts";
import {
  composeJudgeQuestion,
  judgeQuestionProducer,
} from "../derivations/composeJudgeQuestion.ts";
import { deriveAllBy, deriveBy } from "../derivations/deriveBy.ts";
import { answeredVerdictProducer, countPoll, readAnsweredVerdict, tellUnreadableVerdict } from "../derivations/readAnsweredVerdict.ts"; // prettier-ignore
import type { DreamEvent } from "../dreamCandidates.ts";
import type { CropEvent } from "../observe.ts";
import { exactProducer } from "../producers.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { startAsking, type RemoteModel } from "./askModel.ts";

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

interface JudgementRequest {
  readonly name: string;
  readonly task: Task;
  readonly goal: CropEvent;
  readonly dreams: readonly DreamEvent[];
}

/** A judgement whose first questions are being asked. */
export interface BegunJudgement {
  /**
   * Records the answers, and reads the verdict in them.
   *
   * @returns null when no verdict can be read, which is then an event.
   * @throws {DreamlogError} `REMOTE_UNAVAILABLE`, `INTERRUPTED`.
   */
  finish(): Promise<StoredEvent<PayloadOf<typeof verdictGiven>> | null>;
  /** Records the answers to what was asked already. */
  keep(): Promise<void>;
}

/**
 * Asks a vision-language model which of K dreams ends nearest to the goal. Every answer is an effect;
 * questions, verdict and poll are derived.
 */
export async function beginJudgement(
  recorder: SessionRecorder,
  { model }: RemoteJudge,
  { name, task, goal, dreams }: JudgementRequest,
): Promise<BegunJudgement> {
  const { spec } = model;
  const { protocol, votes } = spec;
  const requests = await deriveAllBy(
    recorder,
    composeJudgeQuestion,
    Array.from({ length: questionCount(protocol, dreams.length, votes) }, (_, at) => ({
      name: `${name}/request/${at}`,
      producer: judgeQuestionProducer({ ...spec, task, at }),
      causes: [goal, ...dreams],
      seed: `${recorder.session}/${name}`,
    })),
    { media: recorder.media },
  );
  const asked = startAsking(
    recorder,
    model,
    requests.map((request, at) => ({ name: `${name}/answer/${at}`, request })),
  );
  return {
    keep: () => asked.keep(),
    async finish() {
      const answers = await asked.finish();
      const answered = answers.map((answer) => answer !== null);
      return readJudgement(recorder, name, {
        producer: answeredVerdictProducer({ task, protocol, votes, answered }),
        causes: [goal, ...dreams, ...answers.filter((answer) => answer !== null)],
      });
    },
  };
}

async function readJudgement(
  recorder: SessionRecorder,
  name: string,
  step: { readonly producer: Producer; readonly causes: readonly StoredEvent[] },
): Promise<StoredEvent<PayloadOf<typeof verdictGiven>> | null> {
  try {
    const named = { name: `${name}/verdict`, ...step };
    const verdict = await deriveBy(recorder, readAnsweredVerdict, named, {});
    await deriveBy(recorder, countPoll, { name: `${name}/poll`, ...step }, {});
    return verdict;
  } catch (error) {
    if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
    const failed = { name: `${name}/verdict/failed`, ...step };
    await deriveBy(recorder, tellUnreadableVerdict, failed, {});
    return null;
  }
}
