import { formatScore } from "./formatFigures.ts";
import { html, type Markup } from "./markup.ts";
import { bestFineTuned, findScore, methodNames } from "./methodNames.ts";
import type { Method, ReportSummary, ScoreRow } from "./reportData.ts";

export interface Headline {
  readonly title: string;
  /** The result in one or two sentences, intervals included. */
  readonly sentence: Markup;
}

/** @returns what the run found, said no louder than its intervals allow. */
export function headline(summary: ReportSummary): Headline {
  const best = bestFineTuned(summary);
  const fineTuned = best === undefined ? undefined : findScore(summary, best, "average");
  if (fineTuned === undefined) {
    return {
      title: "No fine-tuned planner was evaluated in this run",
      sentence: html`The figures below are those of the other planners.`,
    };
  }
  const zeroShot = findScore(summary, "zeroShot", "average");
  const matcher = findScore(summary, "matcher", "average");
  return {
    title: titleOf(fineTuned, zeroShot),
    sentence: html`Fine-tuned with ${methodNames[fineTuned.method].label} on judged dreams, the
    planner scores ${scoreWithInterval(fineTuned)}, averaged over the
    tasks.${comparison("Zero-shot", fineTuned, zeroShot)}${comparison(
      "The matcher, which knows no physics,",
      fineTuned,
      matcher,
    )}`,
  };
}

function titleOf(fineTuned: ScoreRow, zeroShot: ScoreRow | undefined): string {
  const reached = formatScore(fineTuned.mean);
  if (zeroShot === undefined) return `The planner fine-tuned on dreams scores ${reached}`;
  const before = formatScore(zeroShot.mean);
  if (fineTuned.low > zeroShot.high) {
    return `Fine-tuning on dreams lifts the planner from ${before} to ${reached}`;
  }
  if (fineTuned.high < zeroShot.low) {
    return `Fine-tuning on dreams lowers the planner from ${before} to ${reached}`;
  }
  return `Fine-tuning on dreams: from ${before} to ${reached}, within the noise`;
}

function comparison(
  subject: string,
  fineTuned: ScoreRow,
  other: ScoreRow | undefined,
): Markup | null {
  if (other === undefined) return null;
  const difference = fineTuned.mean - other.mean;
  const sign = difference < 0 ? "−" : "+";
  const overlaps = fineTuned.low <= other.high && other.low <= fineTuned.high;
  return html` ${subject} scores ${scoreWithInterval(other)}: a difference of
  ${sign}${formatScore(Math.abs(difference))}, and the intervals
  ${overlaps ? "overlap" : "do not overlap"}.`;
}

function scoreWithInterval(row: ScoreRow): Markup {
  return html`<strong class="${methodNames[row.method].group}">${formatScore(row.mean)}</strong>
    <span class="range">(${formatScore(row.low)}–${formatScore(row.high)})</span>`;
}

/** @returns how much faster the fine-tuned planner decides than another method, or undefined. */
export function speedUpOver(summary: ReportSummary, slower: Method): number | undefined {
  const best = bestFineTuned(summary);
  const secondsOf = (method: Method | undefined) =>
    summary.decisions.find((row) => row.method === method)?.secondsMedian;
  const fast = secondsOf(best);
  const slow = secondsOf(slower);
  return fast === undefined || slow === undefined ? undefined : slow / fast;
}
