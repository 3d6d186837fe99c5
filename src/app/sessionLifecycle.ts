import { type Task } from "../core/cell.ts";
import { ManualClock } from "../core/clock.ts";
import { isDreamlogError } from "../core/errors.ts";
import type { EventId, SessionId } from "../events/envelope.ts";
import { sessionClosed, sessionStarted } from "../events/session.ts";
import { driverProducer } from "./producers.ts";
import { SessionRecorder } from "./sessionRecorder.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { settingsText } from "./settings.ts";

/** Simulated sessions begin at this moment, 2026-01-01T00:00:00Z, and run in simulated time. */
const simulatedStartUs = 1_767_225_600_000_000;

/** Opens a recorder on a session of simulated time; nothing is written yet. */
export function recorderFor(
  { open }: { readonly open: Pick<OpenLog, "log" | "blobs"> },
  session: SessionId,
): SessionRecorder {
  const { log, blobs } = open;
  return new SessionRecorder({ log, blobs, session, clock: new ManualClock(simulatedStartUs) });
}

export function startSession(
  recorder: SessionRecorder,
  session: {
    readonly purpose: string;
    readonly task: Task | null;
    readonly seed: string;
    readonly settings: object;
    readonly parent?: { readonly session: SessionId; readonly event: EventId };
  },
) {
  const { purpose, task, seed, settings, parent = null } = session;
  return recorder.fact(
    "started",
    sessionStarted,
    { purpose, task, seed, parent, settings: settingsText(settings) },
    { producer: driverProducer },
  );
}

export function closeSession(recorder: SessionRecorder, reason: "completed" | "failed", note = "") {
  return recorder.fact("closed", sessionClosed, { reason, note }, { producer: driverProducer });
}

/**
 * Runs the body of a session once. A session that is closed already is left alone; one that ends in
 * an expected failure is closed as failed, so that the others go on.
 */
export async function runSession(
  recorder: SessionRecorder,
  body: () => Promise<void>,
): Promise<"done" | "already" | "failed"> {
  if ((await recorder.log.session(recorder.session))?.isClosed === true) return "already";
  try {
    await body();
    await closeSession(recorder, "completed");
    return "done";
  } catch (error) {
    await closeFailed(recorder, error);
    return "failed";
  }
}

/**
 * Closes a session that came to nothing by what it found.
 *
 * @throws the error itself when it is none of those: then the run cannot go on.
 */
export async function closeFailed(recorder: SessionRecorder, error: unknown): Promise<void> {
  const isOwnFault =
    isDreamlogError(error, "MASK_EMPTY") ||
    isDreamlogError(error, "GOAL_REACHED_ALREADY") ||
    isDreamlogError(error, "ANSWER_INVALID");
  if (!isOwnFault) throw error;
  await closeSession(recorder, "failed", `${error.code}: ${error.message}`);
}
