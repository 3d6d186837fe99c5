import { tasks } from "../../core/cell.ts";
import {
  formatArithmetic,
  formatDecibels,
  formatPercent,
  formatRatio,
  formatHundredths,
  formatScore,
  formatSeconds,
  missing,
} from "./formatFigures.ts";
import { bestFineTuned, findScore, methodNames, trialsPerTask } from "./methodNames.ts";
import { left, right, textGrid, type GridLine } from "./textGrid.ts";
import { methods, type Method, type ReportSummary, type ScoreRow } from "./reportData.ts";

export interface TerminalOptions {
  /** Columns of the terminal; below 80 the intervals of single tasks are left out. Least: 60. */
  readonly width: number;
  /** Whether the terminal understands ANSI colours. */
  readonly colour: boolean;
}

const widthOfAllIntervals = 80;

/** @returns the result tables as text for people, ending in a newline. */
export function renderReportTables(summary: ReportSummary, options: TerminalOptions): string {
  const blocks = [
    scoreTable(summary, options),
    decisionTable(summary, options),
    dreamLines(summary, options),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function scoreTable(summary: ReportSummary, options: TerminalOptions): string {
  const best = bestFineTuned(summary);
  const columns = [...tasks, "average" as const];
  const hasInterval = (task: ScoreRow["task"]) =>
    task === "average" || options.width >= widthOfAllIntervals;
  const lines = methods
    .filter((method) => summary.scores.some((row) => row.method === method))
    .map((method) => ({
      cells: [
        methodNames[method].label,
        ...columns.map((task) => scoreCell(findScore(summary, method, task), hasInterval(task))),
      ],
      style: styleOf(method, best),
    }));
  return [
    heading(`Score, mean and 95 % interval, ${trialsPerTask(summary)}`, options),
    textGrid(
      [left("method"), ...columns.map((task) => (hasInterval(task) ? left(task) : right(task)))],
      lines,
      options,
    ),
  ].join("\n");
}

/** Such as "0.64 [.58–.70]": 14 columns. */
function scoreCell(row: ScoreRow | undefined, hasInterval: boolean): string {
  if (row === undefined) return missing;
  const score = formatScore(row.mean);
  return hasInterval ? `${score} [${shortBound(row.low)}–${shortBound(row.high)}]` : score;
}

/** Three columns: ".58", "1.0". */
function shortBound(bound: number): string {
  const text = formatHundredths(bound);
  return text.startsWith("0") ? text.slice(1) : text.slice(0, 3);
}

function decisionTable(summary: ReportSummary, options: TerminalOptions): string {
  const best = bestFineTuned(summary);
  const reference = summary.decisions.find((row) => row.method === best);
  const lines = summary.decisions.map((row) => ({
    cells: [
      methodNames[row.method].label,
      formatSeconds(row.secondsMedian),
      formatRatio(row.secondsMedian, reference?.secondsMedian ?? Number.NaN),
      formatArithmetic(row.gflop),
      formatRatio(row.gflop, reference?.gflop ?? null),
    ],
    style: styleOf(row.method, best),
  }));
  return [
    heading("One decision, and how many times the fine-tuned planner's", options),
    textGrid(
      [left("method"), right("median time"), right("times"), right("arithmetic"), right("times")],
      lines,
      options,
    ),
  ].join("\n");
}

function dreamLines(summary: ReportSummary, options: TerminalOptions): string {
  const { psnr, judge } = summary;
  return [
    heading("Dreams, PSNR of the final object frame in dB", options),
    textGrid(
      [left("object only"), left("full scene"), left("copy of the first frame")],
      [
        {
          cells: [
            formatDecibels(psnr.objectOnly),
            formatDecibels(psnr.fullScene),
            formatDecibels(psnr.copyFirstFrame),
          ],
          style: "plain",
        },
      ],
      options,
    ),
    "",
    heading("Judge on dreams against the true ranking", options),
    textGrid(
      [left("picks a true top 3"), left("picks the true best"), left("Kendall τ"), left("groups")],
      [
        {
          cells: [
            formatPercent(judge.topThreeRate),
            formatPercent(judge.topOneRate),
            formatScore(judge.kendallTau),
            String(judge.groups),
          ],
          style: "plain",
        },
      ],
      options,
    ),
  ].join("\n");
}

function styleOf(method: Method, best: Method | undefined): GridLine["style"] {
  return method === best ? "best" : "plain";
}

function heading(text: string, { colour }: TerminalOptions): string {
  return colour ? `\u001b[1m${text}\u001b[22m` : text;
}
