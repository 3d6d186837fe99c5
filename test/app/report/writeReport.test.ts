import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeReport } from "../../../src/app/report/writeReport.ts";
import { sampleSummary } from "./sampleReport.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dreamlog-report-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it("writes the page and its figures, over those of an earlier report", async () => {
  const out = join(folder, "made", "anew");
  await writeReport(out, sampleSummary, "first");

  const { htmlPath, jsonPath } = await writeReport(out, sampleSummary, "second");

  expect(readFileSync(htmlPath, "utf8")).toBe("second");
  expect(JSON.parse(readFileSync(jsonPath, "utf8"))).toEqual(sampleSummary);
});

it("says which file cannot be written, and what to do", async () => {
  mkdirSync(join(folder, "report.json"));

  await expect(writeReport(folder, sampleSummary, "page")).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    message: expect.stringMatching(/report\.json.*EISDIR.*--out/) as string,
  });
});
