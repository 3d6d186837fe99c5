import type { Task } from "../../core/cell.ts";
import { DreamlogError, invariant } from "../../core/errors.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import { humanAnswered, judgementFailed, verdictGiven } from "../../events/judging.ts";
import { readRanking } from "../../judging/human/readRanking.ts";
import type { DerivationStep } from "../../ports/derivationRule.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

const component = "judging.humanAnswer";
const version = 1;

export function humanVerdictProducer(task: Task): Producer {
  return exactProducer(component, version, { task });
}

/** Raters call dreams equal and mean it; what an embedded judge measures equal is equal by chance. */
export function isHumanVerdict({ producer }: StoredEvent): boolean {
  return producer.component === component;
}

const producerNow = (recorded: Producer) =>
  sameConfiguration(recorded, { version, fingerprint: null });

/** Causes: the goal's crop, the dreams in order of candidate, then what the rater answered. */
export const readHumanAnswer = stepwiseRule<unknown, typeof verdictGiven>({
  definition: verdictGiven,
  component,
  producerNow,
  computeOne(step) {
    const { ranking: text, shown } = answerOf(step);
    if (text === null) throw new DreamlogError("ANSWER_INVALID", "expected a ranking, found none");
    const { ranking, distances, isTied } = readRanking(text, shown);
    return { ranking: [...ranking], distances: [...distances], best: ranking[0]!, isTied };
  },
});

/** The same causes, of a rater who could not tell. */
export const tellUnsureRater = stepwiseRule<unknown, typeof judgementFailed>({
  definition: judgementFailed,
  component,
  producerNow,
  computeOne(step) {
    const { rater, answer } = answerOf(step);
    invariant(answer === "unsure", "who ranked was sure");
    return { code: "RATER_UNSURE", reason: `${rater} could not tell` };
  },
});

function answerOf(step: DerivationStep) {
  return causeAt(step, step.causes.length - 1, humanAnswered).payload;
}
