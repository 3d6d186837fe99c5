import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DreamlogError } from "../../core/errors.ts";
import type { ReportSummary } from "./reportData.ts";

/** A report and where it was written. */
export interface WrittenReport {
  readonly summary: ReportSummary;
  readonly htmlPath: string;
  readonly jsonPath: string;
}

/**
 * Writes `report.json` and `report.html`, over those of an earlier report.
 *
 * @throws {DreamlogError} `DISK_FULL`, or `ARGUMENT_INVALID` for a folder that takes no files.
 */
export async function writeReport(
  outDir: string,
  summary: ReportSummary,
  page: string,
): Promise<WrittenReport> {
  const htmlPath = join(outDir, "report.html");
  const jsonPath = join(outDir, "report.json");
  try {
    await mkdir(outDir, { recursive: true });
    await writeFile(jsonPath, `${JSON.stringify(summary, null, 2)}\n`);
    await writeFile(htmlPath, page);
  } catch (error) {
    throw writingFailed(outDir, error as NodeJS.ErrnoException);
  }
  return { summary, htmlPath, jsonPath };
}

function writingFailed(outDir: string, cause: NodeJS.ErrnoException): DreamlogError {
  const { code = "unknown", path = outDir } = cause;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new DreamlogError(
    isFull ? "DISK_FULL" : "ARGUMENT_INVALID",
    isFull
      ? `expected room for the report at ${path}, found the disk full (${code}); free some and run "dreamlog report" again`
      : `expected to write the report to ${path}, found that it cannot be written (${code}); name another folder with --out and run "dreamlog report" again`,
    { path, code },
    cause,
  );
}
