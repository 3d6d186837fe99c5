import { createLinearAxis, createValueAxis, type Axis } from "./axis.ts";
import { formatQuantity, groupThousands, spokenName } from "./formatFigures.ts";
import { html, type Markup } from "./markup.ts";
import type { Curve } from "./reportData.ts";

const widthPx = 400;
const heightPx = 236;
const plot = { left: 52, top: 18, width: 336, height: 176 };

interface Series {
  readonly name: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

/** Columns that measure the same quantity, drawn on the same axes. */
interface Panel {
  readonly quantity: string;
  readonly series: readonly Series[];
}

/** @returns one figure for a training curve: a line chart for each quantity, with its legend. */
export function curveFigure(curve: Curve): Markup {
  const panels = panelsOf(curve);
  const kept = groupThousands(curve.selectedStep);
  return html`<figure>
    <div class="charts">
      ${panels.map(
        (panel) =>
          html`<div class="chart">
            ${legend(panel, curve.selectedStep)}${lineChart(panel, curve)}
          </div>`,
      )}
    </div>
    <figcaption>
      ${curve.title}, by training step. The dashed line marks step ${kept}, whose weights were kept;
      the values beside the names are those at that step.
    </figcaption>
  </figure>`;
}

function panelsOf(curve: Curve): Panel[] {
  const panels = new Map<string, Series[]>();
  curve.columns.slice(1).forEach((name, at) => {
    const words = spokenName(name).split(" ");
    const quantity = words.at(-1)!;
    const points = curve.rows
      .map((row) => ({ step: row[0]!, value: row[at + 1]! }))
      .filter(({ step, value }) => Number.isFinite(step) && Number.isFinite(value));
    const panel = panels.get(quantity) ?? [];
    panel.push({ name: words.join(" "), points });
    panels.set(quantity, panel);
  });
  return [...panels].map(([quantity, series]) => ({ quantity, series }));
}

function legend(panel: Panel, selectedStep: number): Markup {
  return html`<ul class="legend">
    ${panel.series.map(
      (series, at) =>
        html`<li>
          <svg viewBox="0 0 26 8" width="26" height="8" aria-hidden="true">
            <path class="line s${at % 5}" d="M0 4H26" />
          </svg>
          ${series.name} <b>${valueAt(series, selectedStep)}</b>
        </li>`,
    )}
  </ul>`;
}

/** The last value measured at or before the step; held-out measures are not taken at every step. */
function valueAt(series: Series, step: number): string {
  const point = series.points.findLast((candidate) => candidate.step <= step);
  return formatQuantity(point?.value ?? Number.NaN);
}

function lineChart(panel: Panel, curve: Curve): Markup {
  const steps = curve.rows.map((row) => row[0]!).filter(Number.isFinite);
  const xAxis = createLinearAxis(0, Math.max(1, ...steps.slice(-1)));
  const yAxis = createValueAxis(panel.series.flatMap(({ points }) => points.map((p) => p.value)));
  const names = panel.series.map(({ name }) => name).join(", ");
  return html`<svg
    class="plot"
    viewBox="0 0 ${widthPx} ${heightPx}"
    role="img"
    aria-label="Line chart of ${names} over training steps, ${yAxis.scale} scale; step ${curve.selectedStep} was kept."
  >
    ${yAxis.ticks.map((tick) => horizontalTick(tick, yAxis))}
    ${xAxis.ticks.map((tick) => verticalTick(tick, xAxis))}
    <path class="axis" d="M${plot.left} ${plot.top}V${plot.top + plot.height}h${plot.width}" />
    <text class="axis-name" x="${plot.left - 46}" y="11">
      ${panel.quantity}${yAxis.scale === "log" ? " (log scale)" : ""}
    </text>
    <text class="axis-name end" x="${plot.left + plot.width}" y="${heightPx - 6}">
      training step
    </text>
    ${selectedMark(curve.selectedStep, xAxis)}
    ${panel.series.map((series, at) => seriesLine(series, at, xAxis, yAxis))}
  </svg>`;
}

function horizontalTick(tick: number, axis: Axis): Markup {
  const y = round(plot.top + plot.height * (1 - axis.place(tick)));
  return html`<path class="grid" d="M${plot.left} ${y}h${plot.width}" /><text
      class="tick end"
      x="${plot.left - 6}"
      y="${y + 4}"
      >${tickText(tick)}</text
    >`;
}

function verticalTick(tick: number, axis: Axis): Markup {
  const x = round(plot.left + plot.width * axis.place(tick));
  return html`<path class="axis" d="M${x} ${plot.top + plot.height}v4" /><text
      class="tick middle"
      x="${x}"
      y="${plot.top + plot.height + 16}"
      >${tickText(tick)}</text
    >`;
}

function tickText(tick: number): string {
  const size = Math.abs(tick);
  if (size >= 1000) return Number.isInteger(tick) ? groupThousands(tick) : formatQuantity(tick);
  return size !== 0 && size < 1e-3 ? tick.toExponential(0) : String(tick);
}

function selectedMark(step: number, axis: Axis): Markup {
  const at = axis.place(step);
  const x = round(plot.left + plot.width * at);
  const isRight = at > 0.6;
  return html`<path class="selected" d="M${x} ${plot.top}v${plot.height}" /><text
      class="tick kept ${isRight ? "end" : ""}"
      x="${isRight ? x - 5 : x + 5}"
      y="${plot.top + 11}"
      >kept: ${groupThousands(step)}</text
    >`;
}

function seriesLine(series: Series, at: number, xAxis: Axis, yAxis: Axis): Markup {
  const points = series.points.map(({ step, value }) => ({
    x: plot.left + plot.width * xAxis.place(step),
    y: plot.top + plot.height * (1 - yAxis.place(value)),
  }));
  const drawn = extremesByColumn(points);
  const path = drawn.map(({ x, y }) => `${round(x)} ${round(y)}`).join("L");
  // A measure taken only now and then shows where it was taken.
  const dots =
    drawn.length > 40
      ? []
      : drawn.map(
          ({ x, y }) =>
            html`<circle class="dot s${at % 5}" cx="${round(x)}" cy="${round(y)}" r="2.2" />`,
        );
  return html`${drawn.length > 1 ? html`<path class="line s${at % 5}" d="M${path}" />` : null}${dots}`;
}

interface PlotPoint {
  readonly x: number;
  readonly y: number;
}

/** Keeps the highest and the lowest point of every pixel column: the same picture in less text. */
function extremesByColumn(points: readonly PlotPoint[]): PlotPoint[] {
  const columns = new Map<number, PlotPoint[]>();
  for (const point of points) {
    const column = Math.round(point.x);
    columns.set(column, [...(columns.get(column) ?? []), point]);
  }
  return [...columns.values()].flatMap((column) => {
    if (column.length <= 2) return column;
    const byHeight = column.toSorted((a, b) => a.y - b.y);
    return [byHeight[0]!, byHeight.at(-1)!].sort((a, b) => a.x - b.x);
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
