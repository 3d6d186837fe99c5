import type { StoredEvent } from "../events/envelope.ts";
import { chooseAction, choiceProducer } from "./derivations/chooseAction.ts";
import { deriveBy } from "./derivations/deriveBy.ts";
import type { PlanContext } from "./dreamCandidates.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

/**
 * Logs which candidate of a plan is carried out. An action names keypoints by number, so the choice
 * derives from the keypoints too: equal numbers on two starts are two choices.
 *
 * @param reasons - what spoke for the candidate beyond the plan, such as a verdict.
 */
export function recordChoice(
  recorder: SessionRecorder,
  { plan, current, goal }: PlanContext,
  candidate: number,
  reasons: readonly StoredEvent[] = [],
) {
  const step = {
    name: "choice",
    producer: choiceProducer(candidate),
    causes: [plan, current, goal, ...reasons],
  };
  return deriveBy(recorder, chooseAction, step, {});
}
