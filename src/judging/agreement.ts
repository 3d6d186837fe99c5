/** How well one judge's distances order candidates that have true distances. */
export interface Agreement {
  /** Groups compared. */
  readonly groups: number;
  /** Share of groups whose judged best is truly the best. */
  readonly topOneRate: number;
  /** Share of groups whose judged best is truly among the best three. */
  readonly topThreeRate: number;
  /** Kendall's τ-b, averaged over the groups in which both sides tell candidates apart. */
  readonly kendallTau: number;
}

/** One group of candidates; both arrays by candidate, smaller is better. */
export interface JudgedGroup {
  readonly judged: readonly number[];
  readonly actual: readonly number[];
}

/** @param groups - at least one, each of at least one candidate. */
export function measureAgreement(groups: readonly JudgedGroup[]): Agreement {
  const ranks = groups.map(rankOfChoice);
  const taus = groups.map(kendallTau).filter((tau) => tau !== null);
  const share = (limit: number) => ranks.filter((rank) => rank < limit).length / groups.length;
  return {
    groups: groups.length,
    topOneRate: share(1),
    topThreeRate: share(3),
    kendallTau: taus.length === 0 ? 0 : taus.reduce((sum, tau) => sum + tau, 0) / taus.length,
  };
}

/** @returns how many candidates are truly better than the judged best: 0 when it is the best. */
export function rankOfChoice({ judged, actual }: JudgedGroup): number {
  const chosen = judged.indexOf(Math.min(...judged));
  return actual.filter((distance) => distance < actual[chosen]!).length;
}

/**
 * Kendall's τ-b: concordant minus discordant pairs over all pairs, corrected for ties.
 *
 * @returns −1 to 1; null when one side ties all candidates.
 */
export function kendallTau({ judged, actual }: JudgedGroup): number | null {
  let balance = 0;
  let judgedPairs = 0;
  let actualPairs = 0;
  for (let a = 0; a < judged.length; a++) {
    for (let b = a + 1; b < judged.length; b++) {
      const judgedOrder = Math.sign(judged[a]! - judged[b]!);
      const actualOrder = Math.sign(actual[a]! - actual[b]!);
      balance += judgedOrder * actualOrder;
      judgedPairs += Math.abs(judgedOrder);
      actualPairs += Math.abs(actualOrder);
    }
  }
  const pairs = Math.sqrt(judgedPairs * actualPairs);
  return pairs === 0 ? null : balance / pairs;
}
