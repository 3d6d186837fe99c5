import type { Verdict } from "../../ports/judge.ts";
import { parseRanking } from "./ranking.ts";

/**
 * What a rater's ranking says as a verdict: a dream's distance is the number of its tier, from 0.
 *
 * @param shown - by letter, the index of the dream; a permutation.
 * @throws {DreamlogError} `ANSWER_INVALID`.
 */
export function readRanking(text: string, shown: readonly number[]): Verdict {
  const tiers = parseRanking(text, shown.length).map((places) =>
    places.map((place) => shown[place]!).sort((a, b) => a - b),
  );
  return {
    ranking: tiers.flat(),
    distances: shown.map((_, dream) => tiers.findIndex((tier) => tier.includes(dream))),
    isTied: tiers[0]!.length > 1,
  };
}
