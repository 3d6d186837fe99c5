import type { Position, SessionId } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";
import type { ReplayRange } from "./verifyRange.ts";

/** Positions that one thread takes at a time: few enough to share the work out evenly. */
const rangeLength = 64;

/**
 * Splits a log, or some of its sessions with all that they share, into ranges that no event is in
 * twice.
 *
 * @param sessions - all when null; each with the sessions it branches from, up to where it forks.
 */
export async function planRanges(
  log: EventLog,
  sessions: readonly SessionId[] | null,
  types: readonly string[] | null,
): Promise<readonly ReplayRange[]> {
  if (sessions === null) return split({ session: null, first: 1, last: await log.lastPosition() }, types); // prettier-ignore
  const wanted = new Map<SessionId, Position>();
  for (const session of sessions) await want(log, session, Infinity, wanted);
  const ranges: ReplayRange[] = [];
  for (const session of [...wanted.keys()].sort()) {
    const info = await log.session(session);
    if (info === undefined) continue;
    const last = Math.min(info.lastPosition, wanted.get(session)!);
    ranges.push(...split({ session, first: info.firstPosition, last }, types));
  }
  return ranges;
}

/** Notes a session and its ancestors, each up to the last position that somebody shares. */
async function want(
  log: EventLog,
  session: SessionId,
  upto: Position,
  wanted: Map<SessionId, Position>,
): Promise<void> {
  wanted.set(session, Math.max(upto, wanted.get(session) ?? 0));
  const parent = (await log.session(session))?.parent ?? null;
  if (parent !== null) await want(log, parent.session, parent.position, wanted);
}

function split(
  { session, first, last }: { session: SessionId | null; first: Position; last: Position },
  types: readonly string[] | null,
): ReplayRange[] {
  const ranges: ReplayRange[] = [];
  for (let after = first - 1; after < last; after += rangeLength) {
    const uptoPosition = Math.min(last, after + rangeLength);
    ranges.push({ session, types, afterPosition: after, uptoPosition });
  }
  return ranges;
}
