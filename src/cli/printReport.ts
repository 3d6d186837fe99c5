import { renderReportTables } from "../app/report/renderReportTables.ts";
import type { WrittenReport } from "../app/report/writeReport.ts";
import { columns, wrapText } from "./format.ts";

const widthMin = 60;

/** Prints what a run came to: its figures as JSON, or the result tables and where the files are. */
export function printReport(
  options: { readonly json?: true },
  written: WrittenReport & { readonly logPath: string },
): void {
  const { summary, htmlPath, jsonPath, logPath } = written;
  if (options.json === true) {
    const files = { reportHtml: htmlPath, reportJson: jsonPath, log: logPath };
    console.log(JSON.stringify({ ...summary, files }));
    return;
  }
  const { stdout } = process;
  const width = stdout.isTTY ? Math.max(widthMin, stdout.columns) : columns;
  const tables = renderReportTables(summary, {
    width,
    colour: stdout.isTTY && stdout.hasColors(),
  });
  const lines = [
    "",
    tables,
    ...summary.notes.map((note) => wrapText(`note: ${note}`, width, "      ")),
    "",
    `report   ${htmlPath}`,
    `figures  ${jsonPath}`,
    `log      ${logPath}`,
    `head     ${summary.head}`,
  ];
  console.log(lines.join("\n"));
}
