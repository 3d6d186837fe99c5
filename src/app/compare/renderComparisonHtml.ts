import { formatScore } from "../report/formatFigures.ts";
import { html, type Markup } from "../report/markup.ts";
import { methodNames } from "../report/methodNames.ts";
import { selfContainedPage } from "../report/page.ts";
import { dataTable, tableRow } from "../report/resultTables.ts";
import type { RunComparison } from "./compareRuns.ts";
import type { ScoreChange } from "./compareScores.ts";
import type { VerdictComparison } from "./compareVerdicts.ts";
import { formatSigned } from "./renderComparisonText.ts";

const plotWidthPx = 640;
const rowPx = 22;
const plotTopPx = 8;
const plotLeftPx = 120;
const plotSpanPx = 480;
const ticks = [-1, -0.5, 0, 0.5, 1];

/** @returns one page that loads nothing and runs no script; equal comparisons give equal bytes. */
export function renderComparisonHtml(comparison: RunComparison): string {
  const { a, b, verdicts, scores } = comparison;
  const body = html`<header>
      <p class="eyebrow">dreamlog: two runs compared</p>
      <h1>What changed</h1>
      <dl class="facts">
        <div>
          <dt>A</dt>
          <dd><code>${a}</code></dd>
        </div>
        <div>
          <dt>B</dt>
          <dd><code>${b}</code></dd>
        </div>
      </dl>
    </header>
    <main>${verdictSection(verdicts)} ${scoreSection(scores)}</main>`;
  return selfContainedPage(`${b} against ${a}`, body);
}

function verdictSection(verdicts: VerdictComparison): Markup {
  const { groups, incomparable, flips, kappa, tau, preferences } = verdicts;
  const { inBoth, onlyInA, onlyInB, reversed } = preferences;
  return html`<section>
    <h2>Verdicts</h2>
    <p>
      Both judged the same candidates on ${groups} starts and preferred the same one on
      ${groups - flips.length} of them: Cohen’s κ ${formatSigned(kappa)}, where 0 is chance and 1 is
      one judge. Over whole rankings Kendall’s τ is ${formatSigned(tau)}.
      ${
        incomparable === 0
          ? null
          : `${incomparable} further starts cannot be compared, for only one run judged them or the candidates differ.`
      }
    </p>
    <p>
      Of the preference pairs that are learned from, ${inBoth} are in both, ${onlyInA} only in A and
      ${onlyInB} only in B; ${reversed} are held the other way round.
    </p>
    ${
      flips.length === 0
        ? null
        : dataTable({
            caption: html`Starts on which the preferred candidate changed.`,
            columns: ["start", "A prefers", "B prefers", "Kendall τ of the rankings"],
            rows: flips.map((flip) =>
              tableRow(flip.start, [
                `candidate ${flip.bestA}`,
                `candidate ${flip.bestB}`,
                formatSigned(flip.tau),
              ]),
            ),
          })
    }
  </section>`;
}

function scoreSection(scores: readonly ScoreChange[]): Markup {
  if (scores.length === 0) {
    return html`<section>
      <h2>Scores</h2>
      <p>No method was evaluated apart: both runs share all trials.</p>
    </section>`;
  }
  const averages = scores.filter(({ task }) => task === "average");
  return html`<section>
    <h2>Scores</h2>
    <p>
      Every start is its own control: the interval is that of the difference B − A on the same
      starts. An interval that holds 0 says that these trials do not tell the two apart.
    </p>
    <figure>
      ${differencePlot(averages)}
      <figcaption>
        Average over the tasks: B − A with its paired-bootstrap 95 % interval.
      </figcaption>
    </figure>
    ${dataTable({
      caption: html`Mean scores in A and B, and their difference on the same starts.`,
      columns: ["method", "task", "trials", "A", "B", "B − A", "95 % interval"],
      rows: scores.map(({ method, task, trials, meanA, meanB, difference }) =>
        tableRow(methodNames[method].label, [
          task,
          trials,
          formatScore(meanA),
          formatScore(meanB),
          formatSigned(difference.mean),
          `${formatSigned(difference.low)} to ${formatSigned(difference.high)}`,
        ]),
      ),
    })}
  </section>`;
}

function differencePlot(rows: readonly ScoreChange[]): Markup {
  const bottom = plotTopPx + rows.length * rowPx;
  const spoken = rows.map(
    ({ method, difference }) => `${methodNames[method].label} ${formatSigned(difference.mean)}`,
  );
  return html`<svg
    class="plot"
    viewBox="0 0 ${plotWidthPx} ${bottom + 22}"
    role="img"
    aria-label="Difference of the average score: ${spoken.join(", ")}."
  >
    ${ticks.map(
      (tick) =>
        html`<path
            class="${tick === 0 ? "selected" : "grid"}"
            d="M${placed(tick)} ${plotTopPx}V${bottom}"
          /><text class="tick middle" x="${placed(tick)}" y="${bottom + 15}">${tick}</text>`,
    )}
    ${rows.map(({ method, difference }, at) => {
      const y = plotTopPx + (at + 0.5) * rowPx;
      const { label, group } = methodNames[method];
      const { mean, low, high } = difference;
      return html`<text class="row-name end" x="${plotLeftPx - 8}" y="${y + 4}">${label}</text>
        <path class="interval ${group}" d="M${placed(low)} ${y}H${placed(high)}" />
        <circle class="marker ${group}" cx="${placed(mean)}" cy="${y}" r="4" />`;
    })}
  </svg>`;
}

/** @param difference - of scores, −1 to 1. */
function placed(difference: number): number {
  return Math.round((plotLeftPx + (plotSpanPx * (difference + 1)) / 2) * 10) / 10;
}
