import type { Task } from "../../core/cell.ts";
import { DreamlogError, invariant } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { verdictGiven } from "../../events/judging.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { Judge } from "../../ports/judge.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { humanVerdictProducer, readHumanAnswer, tellUnsureRater } from "../derivations/readHumanAnswer.ts"; // prettier-ignore
import type { DreamEvent } from "../dreamCandidates.ts";
import type { CropEvent } from "../observe.ts";
import { exactProducer } from "../producers.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { readAnswers, standingAnswers, type AnswerEvent } from "./answers.ts";

/** Names a rater whose answers are in the log. */
export interface HumanJudgeSpec {
  readonly kind: "human";
  readonly rater: string;
  /** The first so many answers of the rater count, so that later ones change no branch. All when left out. */
  readonly answers?: number;
  /** Beginning of the names of the rater's sessions; a branch's settings name it. */
  readonly sittings?: string;
}

/**
 * A person whose answers are read where another judge would be asked; `rank` fails, for nobody is
 * there. Its producer names it in settings: verdicts are made by what reads the answers.
 */
export interface HumanJudge extends Judge {
  /** What stands of the rater's answers, by group. */
  standing(log: EventLog): Promise<ReadonlyMap<string, AnswerEvent>>;
}

export function createHumanJudge(spec: HumanJudgeSpec): HumanJudge {
  const { rater, answers, sittings } = spec;
  let standing: Promise<ReadonlyMap<string, AnswerEvent>> | undefined;
  return {
    producer: exactProducer("judging.human", 1, { rater }),
    rank: () =>
      Promise.reject(
        new DreamlogError(
          "MODEL_FAILED",
          `expected a judge that can be asked, found rater ${rater}, whose verdicts are those in the log`,
          { rater },
        ),
      ),
    standing(log) {
      invariant(sittings !== undefined, "a branch names the sittings that it is judged by");
      standing ??= readAnswers(log, sittings).then((all) => standingAnswers(all.slice(0, answers)));
      return standing;
    },
  };
}

export function isHumanJudge(judge: object): judge is HumanJudge {
  return "standing" in judge;
}

/**
 * Answers what a rater said of these dreams as a verdict.
 *
 * @returns null for dreams that the rater did not see, or of which they could not tell; the latter is
 *   an event of its own.
 */
export async function judgeByHuman(
  recorder: SessionRecorder,
  judge: HumanJudge,
  request: {
    readonly name: string;
    readonly task: Task;
    readonly goal: CropEvent;
    readonly dreams: readonly DreamEvent[];
  },
): Promise<StoredEvent<PayloadOf<typeof verdictGiven>> | null> {
  const { name, task, goal, dreams } = request;
  const answer = (await judge.standing(recorder.log)).get(name);
  const shown = [goal, ...dreams];
  if (answer?.causes.join() !== shown.map(({ position }) => position).join()) return null;
  const step = { producer: humanVerdictProducer(task), causes: [...shown, answer] };
  if (answer.payload.answer === "unsure") {
    await deriveBy(recorder, tellUnsureRater, { name: `${name}/verdict/failed`, ...step }, {});
    return null;
  }
  return deriveBy(recorder, readHumanAnswer, { name: `${name}/verdict`, ...step }, {});
}
