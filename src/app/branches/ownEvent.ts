import { invariant } from "../../core/errors.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import type { EventLog } from "../../ports/eventLog.ts";

/**
 * The event by which a session has something in a role: its own, or the link to what another session
 * had computed. A branch can fork at either; the event that a link names may be no event of the
 * session's.
 */
export async function ownEvent(
  log: EventLog,
  session: SessionId,
  role: string,
): Promise<StoredEvent | undefined> {
  const own = await log.findById(`${session}#${role}`);
  return own ?? log.findById(`${session}#reused/${role}`);
}

/** The same where the session is known to have it. */
export async function requireOwnEvent(
  log: EventLog,
  session: SessionId,
  role: string,
): Promise<StoredEvent> {
  const event = await ownEvent(log, session, role);
  invariant(event !== undefined, `session ${session} has ${role}`);
  return event;
}
