import { tasks } from "../../core/cell.ts";
import {
  formatArithmetic,
  formatDecibels,
  formatPercent,
  formatRatio,
  formatScore,
  formatSeconds,
  missing,
} from "./formatFigures.ts";
import { html, type Markup, type MarkupValue } from "./markup.ts";
import { bestFineTuned, findScore, methodNames, trialsPerTask } from "./methodNames.ts";
import { paperDecisions, paperFineTunedDecision, paperPsnr, paperScores } from "./paperFigures.ts";
import { methods, type ReportSummary, type ScoreRow } from "./reportData.ts";

const scoreColumns = [...tasks, "average"] as const;

/** A captioned table that scrolls by itself where the page is too narrow for it. */
export function dataTable(table: {
  readonly caption: Markup;
  readonly columns: readonly string[];
  readonly rows: readonly Markup[];
  readonly foot?: readonly Markup[];
}): Markup {
  return html`<div class="scroll">
    <table>
      <caption>
        ${table.caption}
      </caption>
      <thead>
        <tr>
          ${table.columns.map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${table.rows}
      </tbody>
      ${
        table.foot === undefined
          ? null
          : html`<tfoot>
              ${table.foot}
            </tfoot>`
      }
    </table>
  </div>`;
}

/** One row under its name. */
export function tableRow(name: MarkupValue, cells: readonly MarkupValue[], style = ""): Markup {
  return html`<tr class="${style}">
    <th scope="row">${name}</th>
    ${cells.map((cell) => html`<td>${cell}</td>`)}
  </tr>`;
}

/** The shape of the paper's Table I. */
export function scoreTable(summary: ReportSummary): Markup {
  const best = bestFineTuned(summary);
  return dataTable({
    caption: html`Score per task and method (the paper’s Table I): mean of scores in {0, ½, 1} with
    bootstrap 95 % interval, ${trialsPerTask(summary)}. The better fine-tuned row stands out.`,
    columns: ["method", ...scoreColumns],
    rows: methods
      .filter((method) => summary.scores.some((row) => row.method === method))
      .map((method) =>
        tableRow(
          html`<span class="${methodNames[method].group}">${methodNames[method].label}</span>
            <small>${methodNames[method].meaning}</small>`,
          scoreColumns.map((task) => scoreCell(findScore(summary, method, task))),
          method === best ? "best" : "",
        ),
      ),
    foot: paperScores.map(({ name, byTask }) =>
      tableRow(
        `the paper, ${name}`,
        scoreColumns.map((task) => formatScore(byTask[task])),
      ),
    ),
  });
}

function scoreCell(row: ScoreRow | undefined): MarkupValue {
  if (row === undefined) return missing;
  return html`${formatScore(row.mean)}
    <small class="range">${formatScore(row.low)}–${formatScore(row.high)}</small>`;
}

/** The shape of the paper's Table III. */
export function decisionTable(summary: ReportSummary): Markup {
  const best = bestFineTuned(summary);
  const reference = summary.decisions.find((row) => row.method === best);
  const cells = (
    average: number | undefined,
    seconds: number,
    gflop: number | null,
    against: { readonly seconds: number; readonly gflop: number | null },
  ) => [
    formatScore(average),
    formatSeconds(seconds),
    formatRatio(seconds, against.seconds),
    formatArithmetic(gflop),
    formatRatio(gflop, against.gflop),
  ];
  const measured = {
    seconds: reference?.secondsMedian ?? Number.NaN,
    gflop: reference?.gflop ?? null,
  };
  return dataTable({
    caption: html`Cost of one decision (the paper’s Table III): median wall time on this machine and
    arithmetic; a multiply-add counts as two operations. Ratios are to the better fine-tuned
    planner, which decides in ${formatSeconds(measured.seconds)}.`,
    columns: ["method", "average score", "time", "ratio", "arithmetic", "ratio"],
    rows: summary.decisions.map((row) =>
      tableRow(
        html`<span class="${methodNames[row.method].group}"
          >${methodNames[row.method].label}</span
        >`,
        cells(
          findScore(summary, row.method, "average")?.mean,
          row.secondsMedian,
          row.gflop,
          measured,
        ),
        row.method === best ? "best" : "",
      ),
    ),
    foot: methods
      .flatMap((method) => {
        const paper = paperDecisions[method];
        return paper === undefined ? [] : [{ name: methodNames[method].label, paper }];
      })
      .concat({ name: "fine-tuned", paper: paperFineTunedDecision })
      .map(({ name, paper }) =>
        tableRow(
          `the paper, ${name}`,
          cells(paper.average, paper.seconds, paper.gflop, paperFineTunedDecision),
        ),
      ),
  });
}

/** The shape of the paper's Table II, with the copy of the first frame as the floor. */
export function dreamTable(summary: ReportSummary): Markup {
  const { objectOnly, fullScene, copyFirstFrame } = summary.psnr;
  const gain = (value: number | null) =>
    value === null || copyFirstFrame === null ? missing : signed(value - copyFirstFrame);
  return dataTable({
    caption: html`Dreams against what really happened (the paper’s Table II): PSNR of the final
    object frame in dB; higher is nearer. Of a full-scene dream the object is cut out first, so that
    all rows answer the same question; its training curve is about whole pictures.`,
    columns: ["world model", "PSNR", "over the copy", "the paper"],
    rows: [
      tableRow(
        "object only",
        [formatDecibels(objectOnly), gain(objectOnly), formatDecibels(paperPsnr.objectOnly)],
        "best",
      ),
      tableRow("full scene", [
        formatDecibels(fullScene),
        gain(fullScene),
        formatDecibels(paperPsnr.fullScene),
      ]),
      tableRow(html`none: copy of the first frame`, [
        formatDecibels(copyFirstFrame),
        missing,
        missing,
      ]),
    ],
  });
}

function signed(decibels: number): string {
  if (!Number.isFinite(decibels)) return missing;
  return `${decibels < 0 ? "−" : "+"}${formatDecibels(Math.abs(decibels))}`;
}

export function judgeTable({ judge }: ReportSummary): Markup {
  return dataTable({
    caption: html`The judge, which sees dreams only, against the ranking by what would really have
    happened, over ${judge.groups} groups of candidates.`,
    columns: ["agreement", "value"],
    rows: [
      tableRow(
        "its choice is among the true best three",
        [formatPercent(judge.topThreeRate)],
        "best",
      ),
      tableRow("its choice is the true best", [formatPercent(judge.topOneRate)]),
      tableRow("rank correlation, Kendall τ", [formatScore(judge.kendallTau)]),
    ],
  });
}

/** Wall time by stage, with a bar for its share of the longest. */
export function stageTable({ stages }: ReportSummary): Markup {
  const longest = Math.max(0, ...stages.map(({ seconds }) => seconds));
  return dataTable({
    caption: html`Wall time of each stage this command ran. A stage whose results were in the log
    already takes next to nothing.`,
    columns: ["stage", "time", "share of the longest"],
    rows: stages.map(({ stage, seconds }) =>
      tableRow(stage, [
        formatSeconds(seconds),
        html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect width="${longest > 0 ? ((100 * seconds) / longest).toFixed(1) : 0}" height="8" />
        </svg>`,
      ]),
    ),
  });
}
