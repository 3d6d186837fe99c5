import { invariant } from "../core/errors.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import { preferencesPaired } from "../events/learning.ts";
import { promptComposed } from "../events/planning.ts";
import type { DreamEvent, PlanContext } from "./dreamCandidates.ts";
import type { VerdictEvent } from "./judgeDreams.ts";
import { exactProducer } from "./producers.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type PairsEvent = StoredEvent<PayloadOf<typeof preferencesPaired>>;

/**
 * Pairs the best of K candidates with each of the others: causes plan, verdict, both keypoint sets
 * and camera, in this order.
 *
 * @param dreams - those of the verdict, in its order.
 * @param bestOf - K: only the first so many candidates of the plan count; all when left out.
 * @returns null when fewer than two of them were judged.
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
  const candidates = verdict.payload.ranking
    .map((index) => dreams[index]!.payload.candidate)
    .filter((candidate) => bestOf === undefined || candidate < bestOf);
  const [best, ...others] = candidates.map((at) => plan.payload.candidates[at]!.action);
  if (best === undefined || others.length === 0) return null;
  const config = bestOf === undefined ? {} : { candidateCount: bestOf };
  return recorder.derived(
    name,
    preferencesPaired,
    {
      producer: exactProducer("learning.preferencePairs", 1, config),
      causes: [plan, verdict, current, goal, camera],
    },
    async () => {
      const prompt = await recorder.log.get(plan.causes[0]!);
      invariant(prompt?.type === promptComposed.type, "a plan answers a prompt");
      const { task } = (prompt as StoredEvent<PayloadOf<typeof promptComposed>>).payload;
      return { task, positive: best, negatives: others };
    },
  );
}
