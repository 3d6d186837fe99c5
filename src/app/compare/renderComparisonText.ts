import { formatScore } from "../report/formatFigures.ts";
import { methodNames } from "../report/methodNames.ts";
import { left, right, textGrid } from "../report/textGrid.ts";
import type { RunComparison } from "./compareRuns.ts";
import type { ScoreChange } from "./compareScores.ts";
import type { VerdictComparison } from "./compareVerdicts.ts";

/** Flips that a terminal shows; JSON and page have all. */
const shownFlips = 12;

/** @returns the comparison as text for people, at most 80 columns wide beside the runs' names. */
export function renderComparisonText(comparison: RunComparison, colour: boolean): string {
  const { a, b, verdicts, scores } = comparison;
  return [
    `A  ${a}`,
    `B  ${b}`,
    "",
    ...verdictLines(verdicts),
    "",
    ...(scores.length === 0
      ? ["No method was evaluated apart: both share all trials."]
      : ["Score, with the paired-bootstrap 95 % interval of B − A", scoreGrid(scores, colour)]),
  ].join("\n");
}

function verdictLines({
  groups,
  incomparable,
  flips,
  kappa,
  tau,
  preferences,
}: VerdictComparison): string[] {
  const { inBoth, onlyInA, onlyInB, reversed } = preferences;
  return [
    `Verdicts on the same candidates     ${groups} (${incomparable} more starts cannot be compared)`,
    `  same best candidate               ${groups - flips.length}, Cohen's κ ${formatSigned(kappa)}`,
    `  rankings                          Kendall's τ ${formatSigned(tau)}`,
    `Preference pairs learned from       ${inBoth} in both, ${onlyInA} only in A, ${onlyInB} only in B`,
    `  held the other way round          ${reversed}`,
    ...flips
      .slice(0, shownFlips)
      .map(
        ({ start, bestA, bestB, tau: ofGroup }) =>
          `  flip  ${start.padEnd(12)} candidate ${bestA} → ${bestB}, τ ${formatSigned(ofGroup)}`,
      ),
    ...(flips.length > shownFlips ? [`  … ${flips.length - shownFlips} more flips`] : []),
  ];
}

function scoreGrid(scores: readonly ScoreChange[], colour: boolean): string {
  const lines = scores.map(({ method, task, trials, meanA, meanB, difference }) => ({
    cells: [
      methodNames[method].label,
      task,
      String(trials),
      formatScore(meanA),
      formatScore(meanB),
      `${formatSigned(difference.mean)} [${formatSigned(difference.low)}, ${formatSigned(difference.high)}]`,
    ],
    style: "plain" as const,
  }));
  const columns = [left("method"), left("task"), right("trials"), right("A"), right("B")];
  return textGrid([...columns, left("B − A")], lines, { colour });
}

/** Two decimals with the sign, such as "+0.12" or "−0.05"; a dash where there is none. */
export function formatSigned(value: number | null): string {
  if (value === null) return formatScore(null);
  const sign = value > 0 ? "+" : value < 0 ? "−" : "";
  return `${sign}${formatScore(Math.abs(value))}`;
}
