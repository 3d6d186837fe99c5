import { dreamImagined } from "../../events/dreaming.ts";
import { judgementFailed, verdictGiven } from "../../events/judging.ts";
import { cropTaken } from "../../events/perception.ts";
import { judgePollCounted, remoteAnswered } from "../../events/remote.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { readVerdict, type JudgeProtocol } from "../../judging/vlm/vlmJudge.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, isA, sameConfiguration, stepwiseRule } from "./rule.ts";

const component = "judging.vlmAnswers";
const version = 1;

/** What has to be known to read the answers of a judgement. */
export interface AnsweredVerdictConfig {
  readonly task: string;
  readonly protocol: JudgeProtocol;
  readonly votes: number;
  /** By question: whether it has an answer, in order of the answers among the causes. */
  readonly answered: readonly boolean[];
}

export function answeredVerdictProducer(config: AnsweredVerdictConfig) {
  return exactProducer(component, version, { ...config });
}

const producerNow = (recorded: DerivationStep["producer"]) =>
  sameConfiguration(recorded, { version, fingerprint: null });

/** Causes: the goal's crop, the dreams in order of candidate, then the answers in order of question. */
export const readAnsweredVerdict = stepwiseRule<unknown, typeof verdictGiven>({
  definition: verdictGiven,
  component,
  producerNow,
  computeOne(step) {
    const { ranking, distances, isTied } = read(step).verdict;
    return { ranking: [...ranking], distances: [...distances], best: ranking[0]!, isTied };
  },
});

/** The same causes, for a verdict that there is not. */
export const tellUnreadableVerdict = stepwiseRule<unknown, typeof judgementFailed>({
  definition: judgementFailed,
  component,
  producerNow,
  computeOne(step) {
    try {
      read(step);
    } catch (error) {
      if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
      return { code: error.code, reason: error.message };
    }
    throw new DreamlogError("EVENT_INVALID", "expected answers without a verdict, found one");
  },
});

/** How many answers could be read, and whether what stands first wins more often. */
export const countPoll = stepwiseRule<unknown, typeof judgePollCounted>({
  definition: judgePollCounted,
  component,
  producerNow,
  computeOne(step) {
    const { protocol } = step.producer.config as unknown as AnsweredVerdictConfig;
    return { protocol, ...read(step).poll };
  },
});

function read(step: DerivationStep): ReturnType<typeof readVerdict> {
  const { protocol, votes, answered } = step.producer.config as unknown as AnsweredVerdictConfig;
  causeAt(step, 0, cropTaken);
  const dreamCount = step.causes.filter((cause) => isA(cause, dreamImagined)).length;
  const answers = step.causes.filter((cause) => isA(cause, remoteAnswered));
  let next = 0;
  const bodies = answered.map((isThere) => (isThere ? answers[next++]!.payload.answer : null));
  return readVerdict(protocol, bodies, dreamCount, votes);
}
