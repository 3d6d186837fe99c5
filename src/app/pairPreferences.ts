import { invariant } from "../core/errors.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import type { preferencesPaired } from "../events/learning.ts";
import { promptComposed } from "../events/planning.ts";
import { deriveBy } from "./derivations/deriveBy.ts";
import { pairingProducer, pairRule, rankedCandidates } from "./derivations/pairPreferences.ts";
import { isHumanVerdict } from "./derivations/readHumanAnswer.ts";
import { isA } from "./derivations/rule.ts";
import type { DreamEvent, PlanContext } from "./dreamCandidates.ts";
import type { VerdictEvent } from "./judgeDreams.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type PairsEvent = StoredEvent<PayloadOf<typeof preferencesPaired>>;

/**
 * Pairs the best of K candidates with each of the others: causes plan, verdict, both keypoint sets,
 * camera and dreams, in this order.
 *
 * @param dreams - those of the verdict, in its order.
 * @param bestOf - K: only the first so many candidates of the plan count; all when left out.
 * @returns null when fewer than two of them were judged, or a rater called all of them equal.
 */
export async function pairPreferences(
  recorder: SessionRecorder,
  name: string,
  context: PlanContext,
  verdict: VerdictEvent,
  dreams: readonly DreamEvent[],
  bestOf?: number,
): Promise<PairsEvent | null> {
  const { plan, current, goal, camera } = context;
  const config = {
    ...(bestOf === undefined ? {} : { candidateCount: bestOf }),
    ...(isHumanVerdict(verdict) ? { leavesTiesOut: true } : {}),
  };
  if (rankedCandidates(verdict, dreams, config).length < 2) return null;
  const prompt = await recorder.log.get(plan.causes[0]!);
  invariant(prompt !== undefined && isA(prompt, promptComposed), "a plan answers a prompt");
  const producer = pairingProducer({ task: prompt.payload.task, ...config });
  const causes = [plan, verdict, current, goal, camera, ...dreams];
  return deriveBy(recorder, pairRule, { name, producer, causes }, {});
}
