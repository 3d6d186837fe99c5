import type { Position, SessionId } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";
import type { ReplayRange } from "./verifyRange.ts";

/** Ranges that a thread gets, where there are positions enough: so many share the work out evenly. */
const rangesAJob = 4;
/** Positions in a range: fewer would have the same clips decoded again and again, more gain nothing. */
const rangeLengthMin = 32;
const rangeLengthMax = 256;

/** What is to be replayed. */
export interface ReplayScope {
  /** All when null; each with the sessions it branches from, up to where it forks. */
  readonly sessions: readonly SessionId[] | null;
  /** Only events of these types; all when null. */
  readonly types: readonly string[] | null;
  /** Types of events that each take as long as thousands of others. None when left out. */
  readonly longTypes?: readonly string[];
}

/**
 * Splits a log, or some of its sessions with all that they share, into ranges that no event is in
 * twice. Events that take long have a range each, and those come first: begun last, one of them would
 * keep one thread at work and leave the others with nothing.
 *
 * @param jobs - threads that will share the ranges.
 */
export async function planRanges(
  log: EventLog,
  { sessions, types, longTypes = [] }: ReplayScope,
  jobs: number,
): Promise<readonly ReplayRange[]> {
  const long = await positionsOf(log, longTypes);
  const parts = await partsOf(log, sessions);
  const length = rangeLength(parts, jobs);
  const ranges = parts.flatMap((part) => split(part, types, long, length));
  const isLong = ({ afterPosition, uptoPosition }: ReplayRange) =>
    uptoPosition === afterPosition + 1 && long.has(uptoPosition);
  return [...ranges.filter(isLong), ...ranges.filter((range) => !isLong(range))];
}

/** Those that cannot be read are left out: nobody will compute them. */
async function positionsOf(log: EventLog, types: readonly string[]): Promise<Set<Position>> {
  if (types.length === 0) return new Set();
  const events = await log.read({ types }).catch(() => []);
  return new Set(events.map(({ position }) => position));
}

/** Some positions in a row, of one session or of all. */
interface Part {
  readonly session: SessionId | null;
  readonly first: Position;
  readonly last: Position;
}

async function partsOf(
  log: EventLog,
  sessions: readonly SessionId[] | null,
): Promise<readonly Part[]> {
  if (sessions === null) return [{ session: null, first: 1, last: await log.lastPosition() }];
  const wanted = new Map<SessionId, Position>();
  for (const session of sessions) await want(log, session, Infinity, wanted);
  const parts: Part[] = [];
  for (const session of [...wanted.keys()].sort()) {
    const info = await log.session(session);
    if (info === undefined) continue;
    const last = Math.min(info.lastPosition, wanted.get(session)!);
    parts.push({ session, first: info.firstPosition, last });
  }
  return parts;
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

function rangeLength(parts: readonly Part[], jobs: number): number {
  const positions = parts.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const even = jobs === 1 ? Infinity : Math.ceil(positions / (jobs * rangesAJob));
  return Math.min(rangeLengthMax, Math.max(rangeLengthMin, even));
}

function split(
  { session, first, last }: Part,
  types: readonly string[] | null,
  long: ReadonlySet<Position>,
  length: number,
): ReplayRange[] {
  const ranges: ReplayRange[] = [];
  for (let after = first - 1; after < last;) {
    const uptoPosition = endOf(after, Math.min(last, after + length), long);
    ranges.push({ session, types, afterPosition: after, uptoPosition });
    after = uptoPosition;
  }
  return ranges;
}

/** Where a range ends: before the next long event, or after it where it is the first. */
function endOf(after: Position, last: Position, long: ReadonlySet<Position>): Position {
  if (long.has(after + 1)) return after + 1;
  let end = after + 1;
  while (end < last && !long.has(end + 1)) end++;
  return end;
}
