import { createStopwatch } from "../../core/clock.ts";
import { invariant } from "../../core/errors.ts";
import { readEvents } from "../collectedSession.ts";
import { summarySession } from "../evaluationTrials.ts";
import { measureDecisions } from "../report/measureDecisions.ts";
import { curveOf, readTrainings } from "../report/readCurves.ts";
import { readNotes } from "../report/readNotes.ts";
import { readJudge, readPsnr, readScores } from "../report/readScores.ts";
import { readStrips } from "../report/readStrips.ts";
import { renderReportHtml } from "../report/renderReportHtml.ts";
import type { ReportSummary } from "../report/reportData.ts";
import type { StageSeconds } from "../report/stageTimes.ts";
import { writeReport, type WrittenReport } from "../report/writeReport.ts";
import { requireRunning, type RunContext } from "../runContext.ts";

const steps = ["figures", "decisions", "pictures", "files"] as const;

/**
 * Writes `report.html` and `report.json` into the run's output folder. Every figure but the times is
 * a function of the log: equal heads give equal figures. Nothing is written to the log.
 *
 * @param stageTimes - of the stages before, for the table of times.
 */
export async function report(
  context: RunContext,
  stageTimes: readonly StageSeconds[],
): Promise<WrittenReport> {
  const { settings, open, outDir, progress } = context;
  const { log, blobs } = open;
  const watch = createStopwatch();
  progress.begin("report", steps.length);
  const evaluation = await readEvents(log, summarySession(settings));
  const trainings = await readTrainings(log, settings);
  const figures = {
    scores: await readScores(log, settings.evaluation, evaluation),
    psnr: readPsnr(evaluation),
    judge: readJudge(evaluation),
    notes: await readNotes(log, settings, trainings),
  };
  progress.advance(1, "timing decisions");
  await requireRunning(context, "report");
  const worldModel = trainings.find(({ event }) => event.payload.role === "worldModelControl");
  invariant(worldModel !== undefined, "an evaluated run has a world model");
  const decisions = await measureDecisions(open, settings, worldModel.event);
  progress.advance(1, "pictures");
  await requireRunning(context, "report");
  const strips = await readStrips({ log, blobs }, settings);
  progress.advance(1, "files");
  const stages = [...stageTimes, { stage: "report", seconds: watch.seconds() }];
  const { sessions, events, blobs: blobCount, bytes } = await log.stats();
  const summary: ReportSummary = {
    preset: settings.preset,
    seed: settings.seed,
    head: await log.head(),
    wallSeconds: stages.reduce((sum, { seconds }) => sum + seconds, 0),
    scores: figures.scores,
    psnr: figures.psnr,
    judge: figures.judge,
    decisions,
    counts: { sessions, events, blobs: blobCount, bytes },
    stages,
    notes: figures.notes,
  };
  const page = await renderReportHtml({ summary, curves: trainings.map(curveOf), strips });
  const written = await writeReport(outDir, summary, page);
  progress.advance(1);
  progress.end(written.htmlPath);
  return written;
}
