import { tasks } from "../../core/cell.ts";
import { formatScore } from "./formatFigures.ts";
import { html, type Markup } from "./markup.ts";
import { bestFineTuned, findScore, methodNames, type MethodGroup } from "./methodNames.ts";
import { methods, type Method, type ReportSummary, type ScoreRow } from "./reportData.ts";

const widthPx = 300;
const rowPx = 22;
const top = 8;
const plot = { left: 112, width: 148 };
const ticks = [0, 0.25, 0.5, 0.75, 1];

/** @returns Figure: the mean and interval of every method, one small plot per task and the average. */
export function scoreFigure(summary: ReportSummary): Markup {
  const shown = methods.filter((method) => summary.scores.some((row) => row.method === method));
  return html`<figure>
    <div class="facets">
      ${(["average", ...tasks] as const).map(
        (task) =>
          html`<div class="facet">
            <h3>${task}</h3>
            ${intervalPlot(summary, task, shown)}
          </div>`,
      )}
    </div>
    <figcaption>
      Score by method: mean and bootstrap 95 % interval. The dashed line is the zero-shot planner.
      Diamonds are fine-tuned, squares verify dreams at decision time, the triangle is the ceiling.
    </figcaption>
  </figure>`;
}

function intervalPlot(
  summary: ReportSummary,
  task: ScoreRow["task"],
  shown: readonly Method[],
): Markup {
  const bottom = top + shown.length * rowPx;
  const best = bestFineTuned(summary);
  const zeroShot = findScore(summary, "zeroShot", task);
  return html`<svg
    class="plot"
    viewBox="0 0 ${widthPx} ${bottom + 22}"
    role="img"
    aria-label="Scores on ${task}: ${spokenScores(summary, task, shown)}."
  >
    ${ticks.map(
      (tick) =>
        html`<path class="grid" d="M${placed(tick)} ${top}V${bottom}" /><text
            class="tick middle"
            x="${placed(tick)}"
            y="${bottom + 15}"
            >${tick}</text
          >`,
    )}
    ${
      zeroShot === undefined
        ? null
        : html`<path class="selected" d="M${placed(zeroShot.mean)} ${top}V${bottom}" />`
    }
    ${shown.map((method, at) =>
      methodRow(
        method,
        findScore(summary, method, task),
        top + (at + 0.5) * rowPx,
        method === best,
      ),
    )}
  </svg>`;
}

function spokenScores(
  summary: ReportSummary,
  task: ScoreRow["task"],
  shown: readonly Method[],
): string {
  return shown
    .map(
      (method) =>
        `${methodNames[method].label} ${formatScore(findScore(summary, method, task)?.mean)}`,
    )
    .join(", ");
}

function methodRow(method: Method, row: ScoreRow | undefined, y: number, isBest: boolean): Markup {
  const { label, group } = methodNames[method];
  const weight = isBest ? "strong" : "";
  return html`<text class="row-name end ${weight}" x="${plot.left - 8}" y="${y + 4}">${label}</text>
    ${
      row === undefined
        ? null
        : html`<path class="interval ${group}" d="M${placed(row.low)} ${y}H${placed(row.high)}" />
            ${marker(group, placed(row.mean), y)}`
    }
    <text class="row-value end ${weight}" x="${widthPx - 2}" y="${y + 4}"
      >${formatScore(row?.mean)}</text
    >`;
}

/** Groups differ by shape as well as by colour. */
function marker(group: MethodGroup, x: number, y: number): Markup {
  switch (group) {
    case "baseline":
    case "zeroShot":
      return html`<circle class="marker ${group}" cx="${x}" cy="${y}" r="4" />`;
    case "verification":
      return html`<path class="marker ${group}" d="M${x - 4} ${y - 4}h8v8h-8z" />`;
    case "fineTuned":
      return html`<path
        class="marker ${group}"
        d="M${x} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"
      />`;
    case "ceiling":
      return html`<path class="marker ${group}" d="M${x} ${y - 5}l5 8.5h-10z" />`;
  }
}

function placed(score: number): number {
  return Math.round((plot.left + plot.width * score) * 10) / 10;
}
