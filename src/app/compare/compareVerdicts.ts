import { kendallTau } from "../../judging/agreement.ts";
import { cohensKappa } from "../../judging/cohensKappa.ts";
import { isSameAction, type JudgedStart } from "./readResults.ts";

/** A start on which two judges prefer different candidates. */
export interface VerdictFlip {
  readonly start: string;
  /** Indices of the preferred candidates among those judged. */
  readonly bestA: number;
  readonly bestB: number;
  /** Kendall's τ-b of the two rankings; null where one side ties all. */
  readonly tau: number | null;
}

export interface VerdictComparison {
  /** Starts on which both judged the same candidates. */
  readonly groups: number;
  /** Starts that only one of them judged, or on which they judged different candidates. */
  readonly incomparable: number;
  readonly flips: readonly VerdictFlip[];
  /** Cohen's κ of the preferred candidates; null where it is not defined. */
  readonly kappa: number | null;
  /** Kendall's τ-b of the rankings, averaged over the groups that both tell apart; null for none. */
  readonly tau: number | null;
  readonly preferences: PreferenceChanges;
}

/** Pairs (better, worse) that are learned from; see `JudgedStart.pairs`. */
export interface PreferenceChanges {
  readonly inBoth: number;
  readonly onlyInA: number;
  readonly onlyInB: number;
  /** Of those only in A: pairs that B holds the other way round. */
  readonly reversed: number;
}

/** Holds the verdicts of two runs against each other, start by start. */
export function compareVerdicts(
  a: readonly JudgedStart[],
  b: readonly JudgedStart[],
): VerdictComparison {
  const byStart = new Map(b.map((judged) => [judged.start, judged]));
  const groups = a.flatMap((judgedA) => {
    const judgedB = byStart.get(judgedA.start);
    return judgedB !== undefined && haveSameActions(judgedA, judgedB) ? [[judgedA, judgedB]] : [];
  }) as readonly (readonly [JudgedStart, JudgedStart])[];
  const rankings = groups.map(([first, second]) => ({
    start: first.start,
    bestA: first.best,
    bestB: second.best,
    tau: kendallTau({ judged: first.distances, actual: second.distances }),
  }));
  const taus = rankings.map(({ tau }) => tau).filter((tau) => tau !== null);
  const starts = new Set([...a, ...b].map(({ start }) => start));
  return {
    groups: groups.length,
    incomparable: starts.size - groups.length,
    flips: rankings.filter(({ bestA, bestB }) => bestA !== bestB),
    kappa: cohensKappa(rankings.map(({ bestA, bestB }) => [bestA, bestB] as const)),
    tau: taus.length === 0 ? null : taus.reduce((sum, tau) => sum + tau, 0) / taus.length,
    preferences: preferenceChanges(groups),
  };
}

function preferenceChanges(
  groups: readonly (readonly [JudgedStart, JudgedStart])[],
): PreferenceChanges {
  const counts = { inBoth: 0, onlyInA: 0, onlyInB: 0, reversed: 0 };
  for (const [a, b] of groups) {
    const inA = new Set(a.pairs.map(String));
    const inB = new Set(b.pairs.map(String));
    const kept = [...inA].filter((pair) => inB.has(pair)).length;
    counts.inBoth += kept;
    counts.onlyInA += inA.size - kept;
    counts.onlyInB += inB.size - kept;
    counts.reversed += a.pairs.filter(([better, worse]) => inB.has(String([worse, better]))).length;
  }
  return counts;
}

function haveSameActions(a: JudgedStart, b: JudgedStart): boolean {
  return (
    a.actions.length === b.actions.length &&
    a.actions.every((action, at) => isSameAction(action, b.actions[at]!))
  );
}
