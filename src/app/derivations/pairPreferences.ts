import { invariant } from "../../core/errors.ts";
import type { Task } from "../../core/cell.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { verdictGiven } from "../../events/judging.ts";
import { preferencesPaired } from "../../events/learning.ts";
import { planProposed } from "../../events/planning.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, causesFrom, sameConfiguration, stepwiseRule } from "./rule.ts";

interface PairingConfig {
  readonly task: Task;
  /** Only the first so many candidates of the plan count; all when left out. */
  readonly candidateCount?: number;
  /** What is as near as the best is no worse than it, and makes no pair. */
  readonly leavesTiesOut?: boolean;
}

/** Version 2 names the judged dreams among its causes: they say which candidates the verdict ranks. */
export function pairingProducer(config: PairingConfig): Producer {
  return exactProducer("learning.preferencePairs", 2, { ...config });
}

/**
 * The best candidate against each of the others. Causes: the plan, the verdict, both keypoint sets and
 * the camera, which the pairs are about, then the dreams as the verdict names them.
 */
export const pairRule = stepwiseRule<unknown, typeof preferencesPaired>({
  definition: preferencesPaired,
  component: "learning.preferencePairs",
  producerNow: (recorded) => sameConfiguration(recorded, { version: 2, fingerprint: null }),
  computeOne(step) {
    const { candidates } = causeAt(step, 0, planProposed).payload;
    const { task, ...config } = step.producer.config as unknown as PairingConfig;
    const verdict = causeAt(step, 1, verdictGiven);
    const ranked = rankedCandidates(verdict, causesFrom(step, 5, dreamImagined), config);
    const [positive, ...negatives] = ranked.map((candidate) => candidates[candidate]!.action);
    invariant(positive !== undefined, "preferences are among two candidates or more");
    return { task, positive, negatives };
  },
});

/**
 * The judged candidates that count, best first.
 *
 * @param dreams - those of the verdict, in its order.
 */
export function rankedCandidates(
  verdict: StoredEvent<PayloadOf<typeof verdictGiven>>,
  dreams: readonly StoredEvent<PayloadOf<typeof dreamImagined>>[],
  { candidateCount = Infinity, leavesTiesOut = false }: Omit<PairingConfig, "task">,
): readonly number[] {
  const ranked = verdict.payload.ranking
    .map((index) => {
      const dream = dreams[index];
      invariant(dream !== undefined, `a verdict of ${dreams.length} dreams ranks dream ${index}`);
      const distance = verdict.payload.distances[index]!;
      return { candidate: dream.payload.candidate, distance };
    })
    .filter(({ candidate }) => candidate < candidateCount);
  return ranked
    .filter(({ distance }, at) => at === 0 || !leavesTiesOut || distance > ranked[0]!.distance)
    .map(({ candidate }) => candidate);
}
