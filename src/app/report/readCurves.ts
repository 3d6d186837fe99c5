import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointTrained } from "../../events/learning.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import { sessionName } from "../runContext.ts";
import type { RunSettings } from "../settings.ts";
import { worldModelSession } from "../stages/trainWorldModel.ts";
import type { Curve } from "./reportData.ts";

export type TrainedCheckpointEvent = StoredEvent<PayloadOf<typeof checkpointTrained>>;

/** Every training of a run, by the session that holds it. */
function trainingsOf(settings: RunSettings) {
  return [
    { title: "World model, object only", session: worldModelSession(settings, "objectOnly") },
    { title: "World model, full scene", session: worldModelSession(settings, "fullScene") },
    { title: "Planner, ORPO", session: sessionName(settings, "orpo", "orpo") },
    { title: "Planner, DreamPlan Eq. 5", session: sessionName(settings, "orpo", "dreamplanEq5") },
  ];
}

/** One training of the run as the log holds it. */
export interface RecordedTraining {
  readonly title: string;
  readonly event: TrainedCheckpointEvent;
}

/** @returns the run's trainings in order; those that were left out are missing. */
export async function readTrainings(
  log: EventLog,
  settings: RunSettings,
): Promise<readonly RecordedTraining[]> {
  const found: RecordedTraining[] = [];
  for (const { title, session } of trainingsOf(settings)) {
    if ((await log.session(session)) === undefined) continue;
    const event = (await readEvents(log, session)).find("checkpoint", checkpointTrained);
    if (event !== undefined) found.push({ title, event });
  }
  return found;
}

export function curveOf({ title, event }: RecordedTraining): Curve {
  const { columns, curve, selected } = event.payload;
  const rows: number[][] = [];
  for (let at = 0; at + columns.length <= curve.length; at += columns.length) {
    rows.push([...curve.subarray(at, at + columns.length)]);
  }
  return { title, columns, rows, selectedStep: selected.step };
}
