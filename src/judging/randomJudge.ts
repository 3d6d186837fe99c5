import { digestBytes, digestFields } from "../core/digest.ts";
import { createRandom } from "../core/random.ts";
import type { Judge } from "../ports/judge.ts";
import { verdictOf } from "./geometricJudge.ts";

/**
 * Judge that does not look: every dream gets a random distance in [0, 1). What a planner gains from
 * its verdicts is not the judge's doing, which makes it the control of a comparison of judges. The
 * numbers are a function of the seed and the pictures, so equal requests get equal verdicts.
 */
export function createRandomJudge({ seed }: { readonly seed: string }): Judge {
  return {
    producer: {
      component: "judging.randomJudge",
      version: 1,
      config: { seed },
      model: null,
      fingerprint: null,
    },
    rank: ({ goal, dreams }) => {
      const pictures = [goal.pixels, ...dreams.flatMap(({ frames }) => frames)].map(digestBytes);
      const random = createRandom(digestFields([seed, ...pictures]));
      return Promise.resolve(verdictOf(dreams.map(() => random.uniform())));
    },
  };
}
