import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { methodNames } from "../../../src/app/report/methodNames.ts";
import { methods } from "../../../src/app/report/reportData.ts";
import { renderReportTables } from "../../../src/app/report/renderReportTables.ts";
import { sampleSummary } from "./sampleReport.ts";

const plain = { width: 80, colour: false };

function longestLine(text: string): number {
  return Math.max(...text.split("\n").map((line) => stripVTControlCharacters(line).length));
}

describe("result tables in the terminal", () => {
  it.each([60, 72, 80, 120])("fit into %i columns", (width) => {
    expect(longestLine(renderReportTables(sampleSummary, { width, colour: true }))).toBeLessThan(
      width + 1,
    );
  });

  it("name every method and show its interval", () => {
    const text = renderReportTables(sampleSummary, plain);
    for (const method of methods) expect(text).toContain(methodNames[method].label);
    expect(text).toContain("0.64 [.55–.73]");
  });

  it("leave the intervals of single tasks out where they do not fit", () => {
    const text = renderReportTables(sampleSummary, { width: 60, colour: false });
    expect(text).not.toContain("0.64 [.55–.73]");
    expect(text).toContain("0.66 [.61–.71]");
  });

  it("send no control characters to a terminal without colour", () => {
    const text = renderReportTables(sampleSummary, plain);
    expect(stripVTControlCharacters(text)).toBe(text);
  });

  it("compare the decision time with the better fine-tuned planner's", () => {
    const lines = renderReportTables(sampleSummary, plain).split("\n");
    const verification = lines.filter((line) => line.startsWith("verification N=4")).at(-1);
    expect(verification).toMatch(/1\.31 s +1\u202f159× +61\.2 GFLOP +19\u202f742×/);
  });

  it("show a dash for what was not run", () => {
    const text = renderReportTables(
      {
        ...sampleSummary,
        psnr: { ...sampleSummary.psnr, fullScene: null },
        scores: sampleSummary.scores.filter((row) => row.task !== "toy"),
      },
      plain,
    );
    expect(text).toMatch(/^27\.31 +– +21\.40$/m);
    expect(text).toMatch(/^zero-shot +0\.24 \S+ +0\.15 \S+ +– +0\.33/m);
  });
});
