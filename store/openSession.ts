import { DreamlogError } from "../src/core/errors.ts";
import type { NewEvent } from "../src/events/envelope.ts";
import { parsePayload } from "../src/events/eventDefinition.ts";
import { sessionStarted } from "../src/events/session.ts";
import type { LogTables, SessionRow } from "./logTables.ts";
import { lineageOf } from "./sessionLineage.ts";

/**
 * Makes a session's row from its first event.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN` when that is no `session.started`, `EVENT_CONFLICT` when
 *   the event it branches at is none of its parent's.
 */
export function openSession(tables: LogTables, event: NewEvent): SessionRow {
  if (event.type !== sessionStarted.type) {
    throw new DreamlogError(
      "SESSION_UNKNOWN",
      `expected session ${event.session} to begin with ${sessionStarted.type}, found ${event.type}`,
      { session: event.session, type: event.type },
    );
  }
  const { parent } = parsePayload(sessionStarted, event.payload, event.version);
  if (parent === null) {
    return tables.insertSession({ id: event.session, parent: null, forkPosition: 0, firstSeq: 0 });
  }
  const parentRow = tables.sessionById(parent.session);
  const forkPosition = tables.positionOf(parent.event);
  const fork = forkPosition === undefined ? undefined : tables.linkAt(forkPosition);
  const isShared =
    parentRow !== undefined &&
    fork !== undefined &&
    lineageOf(tables, parent.session).some(
      (part) => part.session.number === fork.session && fork.position <= part.uptoPosition,
    );
  if (!isShared) {
    throw new DreamlogError(
      "EVENT_CONFLICT",
      `session ${event.session} branches from ${parent.session} at event ${parent.event}, which is no event of that session`,
      { session: event.session, parent },
    );
  }
  return tables.insertSession({
    id: event.session,
    parent: parentRow.number,
    forkPosition: fork.position,
    firstSeq: fork.seq + 1,
  });
}
