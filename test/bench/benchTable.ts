import { readFileSync, writeFileSync } from "node:fs";

/** One contender of ours against one baseline. */
export interface BenchRow {
  readonly figure: string;
  readonly baseline: string;
  readonly baselinePerSecond: number;
  readonly subject: string;
  readonly perSecond: number;
  /** Median of the ratios of each round. */
  readonly ratio: number;
  /** What it must reach; null where nothing was promised. */
  readonly bar: number | null;
}

const document = new URL("../../docs/benchmarks.md", import.meta.url);

/** A Markdown table. */
export function renderTable(rows: readonly BenchRow[]): string {
  const cells = rows.map(
    ({ figure, baseline, baselinePerSecond, subject, perSecond, ratio, bar }) => [
      figure,
      `${subject}: ${speed(perSecond)}`,
      `${baseline}: ${speed(baselinePerSecond)}`,
      times(ratio),
      bar === null ? "" : `≥ ${bar} × ${ratio >= bar ? "✓" : "✗"}`,
    ],
  );
  return tableOf(["figure", "dreamlog", "baseline", "ratio", "bar"], cells);
}

/** Columns as wide as their widest cell, as the formatter leaves them. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) =>
    Math.max(name.length, 3, ...rows.map((row) => row[at]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Puts a table into docs/benchmarks.md between the marks of its name. */
export function writeTable(name: string, table: string): void {
  const text = readFileSync(document, "utf8");
  const begin = `<!-- ${name} -->\n`;
  const end = `\n<!-- end of ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no marks for ${name}`);
  writeFileSync(document, `${text.slice(0, from)}${begin}\n${table}\n${text.slice(to)}`);
}

function speed(perSecond: number): string {
  return perSecond >= 10_000 ? `${(perSecond / 1000).toFixed(0)} k/s` : `${perSecond.toFixed(0)}/s`;
}

function times(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2)} ×`;
}
