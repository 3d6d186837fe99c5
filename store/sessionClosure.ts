import { invariant } from "../src/core/errors.ts";
import type { Position, SessionId } from "../src/events/envelope.ts";
import type { LogTables } from "./logTables.ts";
import { lineageOf, sessionByNumber } from "./sessionLineage.ts";

const pageSize = 1000;

/** Sessions that can stand on their own: whatever their events name is among them. */
export interface SessionClosure {
  /** In order of id. */
  readonly sessions: readonly SessionId[];
  /** Of all their events, ascending. */
  readonly positions: readonly Position[];
}

/**
 * The sessions asked for with all that they need: the sessions they branch from and those of their
 * events' causes, whole, and what these need in turn.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`.
 */
export function sessionClosure(tables: LogTables, asked: readonly SessionId[]): SessionClosure {
  const positions: Position[] = [];
  const found = new Set<number>();
  const open = asked.flatMap((id) => lineageOf(tables, id).map(({ session }) => session.number));
  for (let session = open.pop(); session !== undefined; session = open.pop()) {
    if (found.has(session)) continue;
    found.add(session);
    open.push(...lineageNumbers(tables, session));
    for (const { position, causes } of ownLinks(tables, session)) {
      positions.push(position);
      for (const cause of causes) {
        const link = tables.linkAt(cause);
        // A cause that is gone is reported where the event that names it is copied.
        if (link !== undefined && !found.has(link.session)) open.push(link.session);
      }
    }
  }
  const sessions = [...found].map((number) => sessionByNumber(tables, number).id).sort();
  return { sessions, positions: positions.sort((a, b) => a - b) };
}

function lineageNumbers(tables: LogTables, session: number): number[] {
  const { id } = sessionByNumber(tables, session);
  return lineageOf(tables, id).map((part) => part.session.number);
}

/** A session's own events without their payloads. */
function* ownLinks(tables: LogTables, session: number) {
  const last = tables.lastLinkOf(session);
  invariant(last !== undefined, `session number ${session} has an event`);
  for (let afterPosition = 0; afterPosition < last.position;) {
    const page = tables.events({
      session,
      afterPosition,
      uptoPosition: last.position,
      limit: pageSize,
    });
    for (const { position, causes } of page) {
      afterPosition = position;
      yield { position, causes };
    }
  }
}
