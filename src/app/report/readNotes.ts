import { checkpointImported } from "../../events/learning.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { formatQuantity, spokenName } from "./formatFigures.ts";
import { readEvents } from "../collectedSession.ts";
import { evaluationTrials, observedTrials } from "../evaluationTrials.ts";
import { sessionName } from "../runContext.ts";
import type { RunSettings } from "../settings.ts";
import { auditedCandidates } from "../stages/evaluate.ts";
import type { RecordedTraining } from "./readCurves.ts";

/** What a reader must know to read the figures right, as plain sentences. */
export async function readNotes(
  log: EventLog,
  settings: RunSettings,
  trainings: readonly RecordedTraining[],
): Promise<readonly string[]> {
  const notes: string[] = [];
  const checkpoints = await readEvents(log, sessionName(settings, "checkpoints"));
  const origin = checkpoints.find("objectOnly", checkpointImported)?.payload.origin;
  if (origin !== undefined) {
    notes.push(
      `The world model started from the committed checkpoint ${origin}, trained on starts of other seeds.`,
    );
  }
  for (const training of trainings) notes.push(trainingNote(training));
  const { trialsPerTask, oracleTrialsPerTask, auditedStartsPerTask } = settings.evaluation;
  const oracleTrials = Math.min(oracleTrialsPerTask, trialsPerTask);
  const auditedStarts = Math.min(auditedStartsPerTask, trialsPerTask);
  notes.push(
    oracleTrials === 0
      ? "The oracle was left out."
      : `The oracle tries actions in the simulator, coarse to fine, on ${oracleTrials} of the ${trialsPerTask} starts per task.`,
    auditedStarts === 0
      ? "The judge was not held against the truth."
      : `The judge was held against the truth on ${counted(auditedStarts, "start")} per task, where all ${auditedCandidates} candidates were carried out.`,
  );
  const trials = evaluationTrials(settings);
  const unseen = trials.length - (await observedTrials(log, settings, trials)).length;
  if (unseen > 0) {
    notes.push(
      `${counted(unseen, "evaluation start")} of ${trials.length} could not be observed; trials on them are in no mean.`,
    );
  }
  return notes;
}

/** What the run's own training added to the weights it started from. */
function trainingNote({ title, event }: RecordedTraining): string {
  const { columns, curve, selected, stepCount } = event.payload;
  const measure = spokenName(selected.measure);
  const kept = formatQuantity(selected.value);
  if (selected.step === 0) {
    return `${title}: none of this run's ${counted(stepCount, "step")} bettered the weights it started from (${measure} ${kept}).`;
  }
  const column = columns.indexOf(selected.measure);
  // The first row was measured before the first step, where the training did so.
  const before = curve[0] === 0 && column >= 0 ? curve[column] : undefined;
  const gain = before === undefined ? `to ${kept}` : `from ${formatQuantity(before)} to ${kept}`;
  return `${title}: this run's own training took ${measure} ${gain}, by step ${selected.step} of ${stepCount}.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
