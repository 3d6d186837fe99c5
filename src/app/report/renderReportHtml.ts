import { tasks } from "../../core/cell.ts";
import { curveFigure } from "./curveChart.ts";
import {
  formatBytes,
  formatDecibels,
  formatPercent,
  formatQuantity,
  formatScore,
  formatSeconds,
  groupThousands,
} from "./formatFigures.ts";
import { headline, speedUpOver } from "./headline.ts";
import { scoreFigure } from "./intervalPlot.ts";
import { html, type Markup } from "./markup.ts";
import { selfContainedPage } from "./page.ts";
import { bestFineTuned, findScore, trialsPerTask } from "./methodNames.ts";
import type { ReportData, ReportSummary } from "./reportData.ts";
import { decisionTable, dreamTable, judgeTable, scoreTable, stageTable } from "./resultTables.ts";
import { stripSection } from "./strips.ts";

const sections = [
  { id: "scores", title: "Scores" },
  { id: "cost", title: "Cost of a decision" },
  { id: "dreams", title: "Dreams and their judge" },
  { id: "training", title: "Training" },
  { id: "pictures", title: "In pictures" },
  { id: "run", title: "The run" },
] as const;

/**
 * @returns `report.html`: one file that loads nothing and runs no script, with every picture inside.
 *   Equal data gives equal bytes on the same version of sharp.
 */
export async function renderReportHtml(data: ReportData): Promise<string> {
  const { summary } = data;
  const { title, sentence } = headline(summary);
  const body = html`<header>
      <p class="eyebrow">dreamlog report: the DreamPlan loop in simulation</p>
      <h1>${title}</h1>
      <p class="lede">${sentence}</p>
      ${runFacts(summary)} ${contents()}
    </header>
    <main>
      ${keyFigures(summary)} ${notes(summary)} ${scoreSection(summary)} ${costSection(summary)}
      ${dreamSection(summary)} ${trainingSection(data)} ${await pictureSection(data)}
      ${runSection(summary)}
    </main>
    <footer>
      Written from the log with head <code>${summary.head}</code>; the same figures are in
      report.json.
    </footer>`;
  return selfContainedPage(
    `${title}: dreamlog, preset ${summary.preset}, seed ${summary.seed}`,
    body,
  );
}

function runFacts(summary: ReportSummary): Markup {
  const facts = [
    { name: "preset", value: summary.preset },
    { name: "seed", value: summary.seed },
    { name: "trials", value: trialsPerTask(summary) },
    { name: "wall time of all calls", value: formatSeconds(summary.wallSeconds) },
    { name: "log head", value: html`<code>${summary.head.slice(0, 16)}…</code>` },
  ];
  return html`<dl class="facts">
    ${facts.map(
      ({ name, value }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function contents(): Markup {
  return html`<nav aria-label="Contents">
    ${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a> `)}
  </nav>`;
}

function keyFigures(summary: ReportSummary): Markup {
  const { psnr, judge } = summary;
  const best = bestFineTuned(summary);
  const score = best === undefined ? undefined : findScore(summary, best, "average")?.mean;
  const speedUp = speedUpOver(summary, "verificationN4");
  const figures = [
    {
      value: formatScore(score),
      meaning: "average score of the fine-tuned planner, one primitive a trial",
    },
    {
      value: `${formatDecibels(psnr.objectOnly)} dB`,
      meaning: `PSNR of dreams, final object frame; copying the first frame reaches ${formatDecibels(psnr.copyFirstFrame)} dB`,
    },
    {
      value: formatPercent(judge.topThreeRate),
      meaning: "of the judge’s choices among dreams are truly among the best three",
    },
    {
      value: speedUp === undefined ? "–" : `${formatQuantity(speedUp)}×`,
      meaning: "faster to decide than dreaming and judging four candidates (N=4)",
    },
  ];
  return html`<ul class="tiles">
    ${figures.map(({ value, meaning }) => html`<li><b>${value}</b><span>${meaning}</span></li>`)}
  </ul>`;
}

function notes(summary: ReportSummary): Markup | null {
  if (summary.notes.length === 0) return null;
  return html`<aside class="notes">
    <h2>To read these figures right</h2>
    <ul>
      ${summary.notes.map((note) => html`<li>${note}</li>`)}
    </ul>
  </aside>`;
}

function section(id: (typeof sections)[number]["id"], content: Markup): Markup {
  const { title } = sections.find((candidate) => candidate.id === id)!;
  return html`<section id="${id}">
    <h2>${title}</h2>
    ${content}
  </section>`;
}

function scoreSection(summary: ReportSummary): Markup {
  return section(
    "scores",
    html`<p>
        One trial is one randomised start that no training saw, one goal picture and one primitive:
        grasp a keypoint, carry it, let go. The score is 1 when the object reaches the goal’s shape
        and place, ½ when it comes near, 0 otherwise, computed from the true state.
      </p>
      ${scoreFigure(summary)} ${scoreTable(summary)}
      <p class="label">
        The paper’s rows are for orientation: it used real arms, ten trials per task and another
        planner, so only the pattern can be compared.
      </p>`,
  );
}

function costSection(summary: ReportSummary): Markup {
  return section(
    "cost",
    html`<p>
        Explicit verification dreams and judges N candidates at every decision. Fine-tuning pays for
        the dreams once, and the planner then decides alone.
      </p>
      ${decisionTable(summary)}`,
  );
}

function dreamSection(summary: ReportSummary): Markup {
  return section(
    "dreams",
    html`<div class="pair">${dreamTable(summary)} ${judgeTable(summary)}</div>`,
  );
}

function trainingSection({ curves }: ReportData): Markup {
  return section(
    "training",
    html`${
      curves.length === 0 ? html`<p>Nothing was trained in this run.</p>` : curves.map(curveFigure)
    }`,
  );
}

async function pictureSection({ strips }: ReportData): Promise<Markup> {
  const inOrder = tasks.flatMap((task) => strips.filter((strip) => strip.task === task));
  if (inOrder.length === 0) return section("pictures", html`<p>No pictures were kept.</p>`);
  const rendered: Markup[] = [];
  for (const strip of inOrder) rendered.push(await stripSection(strip));
  return section("pictures", html`${rendered}`);
}

function runSection(summary: ReportSummary): Markup {
  const { counts } = summary;
  return section(
    "run",
    html`<p>
        The log holds ${groupThousands(counts.events)} events of ${groupThousands(counts.sessions)}
        sessions and ${groupThousands(counts.blobs)} blobs, ${formatBytes(counts.bytes)} in all. Its
        head digest is <code class="digest">${summary.head}</code>; the same preset and seed give
        the same digest again on a machine with the same arithmetic.
      </p>
      ${stageTable(summary)}`,
  );
}
