import { DreamlogError, invariant } from "../src/core/errors.ts";
import type { Position, SessionId } from "../src/events/envelope.ts";
import type { LogTables, SessionRow } from "./logTables.ts";

/** A session's own events up to a position; a branch is made of several such parts. */
export interface LineagePart {
  readonly session: SessionRow;
  readonly uptoPosition: Position;
}

/** The session with this number, which an event row or a branch names. */
export function sessionByNumber(tables: LogTables, number: number): SessionRow {
  const session = tables.sessionByNumber(number);
  invariant(session !== undefined, `session number ${number} is stored`);
  return session;
}

/**
 * The parts a session is made of, from the root's to its own.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`.
 */
export function lineageOf(tables: LogTables, id: SessionId): readonly LineagePart[] {
  let session = tables.sessionById(id);
  if (session === undefined) {
    throw new DreamlogError("SESSION_UNKNOWN", `expected a session of this log, found "${id}"`, {
      id,
    });
  }
  const parts: LineagePart[] = [{ session, uptoPosition: Number.MAX_SAFE_INTEGER }];
  while (session.parent !== null) {
    const uptoPosition: Position = session.forkPosition;
    session = sessionByNumber(tables, session.parent);
    parts.unshift({ session, uptoPosition });
  }
  return parts;
}
