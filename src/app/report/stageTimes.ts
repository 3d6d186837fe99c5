import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReportSummary } from "./reportData.ts";

export type StageSeconds = ReportSummary["stages"][number];

/** Which run of an output folder the times are of. */
interface TimedRun {
  readonly preset: string;
  readonly seed: string;
}

interface StageTimes extends TimedRun {
  readonly stages: readonly StageSeconds[];
}

const fileName = "stage-times.json";

/**
 * Wall seconds that the calls so far spent on each stage of a run, in the order they were first called.
 * They stand beside the report and not in the log, which holds no time of a real clock.
 *
 * @returns nothing where no times of this run can be read: a report does without.
 */
export async function readStageTimes(
  outDir: string,
  { preset, seed }: TimedRun,
): Promise<readonly StageSeconds[]> {
  try {
    const times = JSON.parse(await readFile(join(outDir, fileName), "utf8")) as StageTimes;
    return times.preset === preset && times.seed === seed ? times.stages : [];
  } catch {
    return [];
  }
}

/** Adds what one call spent on a stage. A folder that takes no files costs only the times. */
export async function addStageTime(
  outDir: string,
  { preset, seed }: TimedRun,
  spent: StageSeconds,
): Promise<void> {
  const before = await readStageTimes(outDir, { preset, seed });
  const isKnown = before.some(({ stage }) => stage === spent.stage);
  const stages = isKnown
    ? before.map(({ stage, seconds }) => ({
        stage,
        seconds: stage === spent.stage ? seconds + spent.seconds : seconds,
      }))
    : [...before, spent];
  await write(outDir, { preset, seed, stages });
}

/** A run that begins has no times yet, whatever an earlier one left in the folder. */
export function clearStageTimes(outDir: string, { preset, seed }: TimedRun): Promise<void> {
  return write(outDir, { preset, seed, stages: [] });
}

async function write(outDir: string, times: StageTimes): Promise<void> {
  const path = join(outDir, fileName);
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(times, null, 2)}\n`);
    await rename(`${path}.new`, path);
  } catch {
    // The report itself says what is wrong with the folder.
  }
}
