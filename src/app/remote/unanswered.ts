import { isDreamlogError, type DreamlogError } from "../../core/errors.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { sessionClosed } from "../../events/session.ts";

/** How a service leaves a question open: it will not take it, it is gone, or nobody waits any longer. */
const codes = ["REMOTE_REFUSED", "REMOTE_UNAVAILABLE", "INTERRUPTED"] as const;

/** Whether a service gave no answer: in time, at all, or before the session's end. */
export function isUnanswered(error: unknown): error is DreamlogError {
  return codes.some((code) => isDreamlogError(error, code));
}

/** The note that a session is closed with which ends for want of an answer. */
export function unansweredNote({ code, message }: DreamlogError): string {
  return `${code}: ${message}`;
}

/** Whether a session ended so: questions of it that were never asked are then no gap in the log. */
export function endedUnanswered({ reason, note }: PayloadOf<typeof sessionClosed>): boolean {
  return reason === "failed" && codes.some((code) => note.startsWith(`${code}: `));
}
