import { digestBytes, type Digest } from "../../core/digest.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { contentDigestOf, decodePayload } from "../../events/codec.ts";
import {
  canonicalJson,
  producerDigest,
  type Position,
  type Producer,
} from "../../events/envelope.ts";
import { parsePayload } from "../../events/eventDefinition.ts";
import { logPruned } from "../../events/maintenance.ts";
import { sessionStarted } from "../../events/session.ts";
import { blobsNamedIn } from "../../../store/blobsNamedIn.ts";
import { chainDigestOf, genesisDigest } from "../../../store/chainDigest.ts";
import type { EventLink, EventRow, LogTables, SessionRow } from "../../../store/logTables.ts";
import { RecentLinks } from "../../../store/recentLinks.ts";
import { fileDamage, nowhere, unreadable, type EventPlace, type LogProblem } from "./logProblem.ts";

/** Positions after the first, up to the second. */
export interface EventRange {
  readonly afterPosition: Position;
  readonly uptoPosition: Position;
}

/** A blob that events name: the first to do so, and the media types they know it by. */
export interface NamedBlob {
  readonly digest: Digest;
  readonly by: EventPlace;
  readonly mediaTypes: readonly string[];
}

export interface EventsCheck {
  /** How many could be read. */
  readonly events: number;
  readonly problems: readonly LogProblem[];
  readonly named: readonly NamedBlob[];
  /** Lists of blobs that were dropped on purpose; see `log.pruned`. */
  readonly prunedLists: readonly Digest[];
}

const pageSize = 1000;
/** Payloads without this key name no blob and need not be decoded. */
const blobMark = Buffer.from("mediaType");

/** What the check knows of the log when it reaches an event. */
interface Progress {
  readonly tables: LogTables;
  readonly range: EventRange;
  readonly problems: LogProblem[];
  readonly links: RecentLinks;
  /** The last event of each session so far, by number. */
  readonly ends: Map<number, EventLink>;
  /** Digests of producers, by number; null for one that is not what its digest says. */
  readonly producers: Map<number, Digest | null>;
  readonly named: Map<Digest, { readonly by: EventPlace; readonly mediaTypes: Set<string> }>;
  readonly prunedLists: Digest[];
}

/**
 * Recomputes every digest of a range of events from what is stored. Whatever comes before the range is
 * taken as stored: another check has it, so ranges can be checked side by side.
 */
export function checkEvents(
  tables: LogTables,
  range: EventRange,
  onProgress: (position: Position) => void = () => undefined,
): EventsCheck {
  const progress: Progress = {
    tables,
    range,
    problems: [],
    links: new RecentLinks(tables),
    ends: new Map(),
    producers: new Map(),
    named: new Map(),
    prunedLists: [],
  };
  const events = checkRows(progress, onProgress);
  const named = [...progress.named].map(([digest, { by, mediaTypes }]) => ({
    digest,
    by,
    mediaTypes: [...mediaTypes],
  }));
  return { events, problems: progress.problems, named, prunedLists: progress.prunedLists };
}

/** @returns how many events could be read. */
function checkRows(progress: Progress, onProgress: (position: Position) => void): number {
  const { tables, range, problems } = progress;
  const { uptoPosition } = range;
  let position = range.afterPosition;
  let events = 0;
  while (position < uptoPosition) {
    const rows = rowsAfter(tables, { afterPosition: position, uptoPosition });
    if (rows instanceof DreamlogError) {
      const last = lastOfDamage(tables, { afterPosition: position + 1, uptoPosition });
      const which = last === position + 1 ? `event ${last}` : `events ${position + 1} to ${last}`;
      const what = unreadable(which, rows);
      problems.push({ ...fileDamage(what), position: position + 1 });
      position = last;
      continue;
    }
    for (const row of rows) {
      if (row.position !== position + 1) {
        report(progress, row, "POSITION_MISSING", `expected position ${position + 1}`);
      }
      position = row.position;
      checkReadable(progress, row);
    }
    events += rows.length;
    onProgress(position);
    if (rows.length === 0) break;
  }
  if (position !== uptoPosition) {
    const what = `expected events up to position ${uptoPosition}, found none after ${position}`;
    problems.push({ code: "POSITION_MISSING", ...nowhere, position, blob: null, what });
  }
  return events;
}

/** The next events; or why not even one can be read, since a damaged page costs only what lies on it. */
function rowsAfter(
  tables: LogTables,
  range: EventRange,
  limitMax = pageSize,
): readonly EventRow[] | DreamlogError {
  for (let limit = limitMax; ; limit = Math.ceil(limit / 4)) {
    try {
      return tables.events({ ...range, limit });
    } catch (error) {
      if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
      if (limit === 1) return error;
    }
  }
}

/** The last of the positions, one after the other from the first given, that cannot be read. */
function lastOfDamage(tables: LogTables, { afterPosition, uptoPosition }: EventRange): Position {
  let last = afterPosition;
  while (last < uptoPosition) {
    const next = rowsAfter(tables, { afterPosition: last, uptoPosition: last + 1 }, 1);
    if (!(next instanceof DreamlogError)) break;
    last += 1;
  }
  return last;
}

/** An event may lie on a sound page, and what it names on a damaged one. */
function checkReadable(progress: Progress, row: EventRow): void {
  try {
    checkEvent(progress, row);
  } catch (error) {
    if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    const what = unreadable("what the event is held against", error);
    progress.problems.push({ ...fileDamage(what), position: row.position, seq: row.seq });
    progress.ends.set(row.session, row);
  }
}

function checkEvent(progress: Progress, row: EventRow): void {
  const { tables, ends, links } = progress;
  const session = tables.sessionByNumber(row.session);
  const before = ends.get(row.session) ?? lastBeforeRange(progress, row);
  const previous = before ?? forkOf(tables, session);
  const expectedSeq = (previous?.seq ?? -1) + 1;
  if (row.seq !== expectedSeq) {
    report(progress, row, "SEQ_MISSING", `expected seq ${expectedSeq}, found ${row.seq}`);
  }
  const payloadDigest = digestBytes(row.payload);
  const chain = chainDigestOf({
    ...row,
    previous: previous?.chainDigest ?? genesisDigest,
    session: session?.id ?? "",
    producer: checkProducer(progress, row) ?? genesisDigest,
    payload: payloadDigest,
    content: row.contentDigest,
    causes: checkCauses(progress, row),
  });
  if (chain !== row.chainDigest) {
    const what = `expected chain digest ${row.chainDigest}, computed ${chain} from what is stored`;
    report(progress, row, "CHAIN_BROKEN", what);
  }
  checkPayload(progress, row, payloadDigest, before === undefined ? session : undefined);
  // Go on from the stored digest: one change is then one problem, and not one for each event after it.
  ends.set(row.session, row);
  links.note(row.position, row.chainDigest);
}

/** The event that a branch begins after. */
function forkOf(tables: LogTables, session: SessionRow | undefined): EventLink | undefined {
  const isRoot = session === undefined || session.forkPosition === 0;
  return isRoot ? undefined : tables.linkAt(session.forkPosition);
}

/** The event before the first of a session in this range. */
function lastBeforeRange({ tables, range }: Progress, row: EventRow): EventLink | undefined {
  if (range.afterPosition === 0) return undefined;
  const before = tables.eventBySeq(row.session, row.seq - 1);
  return before !== undefined && before.position <= range.afterPosition ? before : undefined;
}

/** @returns the chain digests of the causes that are there. */
function checkCauses(progress: Progress, row: EventRow): Digest[] {
  return row.causes.flatMap((cause) => {
    const chain = cause < row.position ? progress.links.digestAt(cause) : undefined;
    if (chain !== undefined) return [chain];
    report(progress, row, "CAUSE_MISSING", `expected an earlier event at ${cause}, its cause`);
    return [];
  });
}

function checkProducer(progress: Progress, row: EventRow): Digest | null {
  const known = progress.producers.get(row.producer);
  if (known !== undefined) return known;
  const digest = soundProducer(progress.tables, row.producer);
  progress.producers.set(row.producer, digest);
  if (digest === null) {
    const what = `producer ${row.producer} is missing or not what its digest says`;
    report(progress, row, "PRODUCER_CHANGED", what);
  }
  return digest;
}

function soundProducer(tables: LogTables, number: number): Digest | null {
  const row = tables.producer(number);
  if (row === undefined) return null;
  try {
    const producer = JSON.parse(row.json) as Producer;
    const isSound = producerDigest(producer) === row.digest && canonicalJson(producer) === row.json;
    return isSound ? row.digest : null;
  } catch {
    return null;
  }
}

/**
 * Holds the payload against its content digest, notes the blobs it names and holds, in a session's
 * first event, the session's row against it.
 */
function checkPayload(
  progress: Progress,
  row: EventRow,
  payloadDigest: Digest,
  opened: SessionRow | undefined,
): void {
  const namesBlobs = Buffer.from(row.payload).includes(blobMark);
  if (payloadDigest === row.contentDigest && !namesBlobs && opened === undefined) return;
  try {
    const payload = decodePayload(row.payload);
    const content = contentDigestOf(payload, row.payload, payloadDigest);
    if (content !== row.contentDigest) {
      const what = `expected content digest ${row.contentDigest}, found ${content}`;
      report(progress, row, "CONTENT_CHANGED", what);
    }
    for (const { digest, mediaType } of blobsNamedIn(payload)) {
      const named = progress.named.get(digest) ?? {
        by: placeOf(progress.tables, row),
        mediaTypes: new Set<string>(),
      };
      named.mediaTypes.add(mediaType);
      progress.named.set(digest, named);
    }
    if (row.type === logPruned.type) {
      progress.prunedLists.push(parsePayload(logPruned, payload, row.version).dropped.digest);
    }
    if (opened !== undefined) checkSession(progress, row, opened, payload);
  } catch (error) {
    report(progress, row, "PAYLOAD_UNREADABLE", `the payload cannot be read: ${String(error)}`);
  }
}

/** A session's place in the tree is a copy of what its first event says. */
function checkSession(
  progress: Progress,
  row: EventRow,
  session: SessionRow,
  payload: unknown,
): void {
  const { tables } = progress;
  const { parent } = parsePayload(sessionStarted, payload, row.version);
  const forkPosition = parent === null ? 0 : tables.positionOf(parent.event);
  const parentNumber = parent === null ? null : tables.sessionById(parent.session)?.number;
  const isAsStarted =
    session.parent === parentNumber &&
    session.forkPosition === forkPosition &&
    session.firstSeq === row.seq;
  if (isAsStarted) return;
  const expected = parent === null ? "a root" : `a branch of ${parent.session} at ${parent.event}`;
  const what = `expected ${expected}, found ${JSON.stringify(session)}`;
  report(progress, row, "SESSION_CHANGED", what);
}

function report(
  { problems, tables }: Progress,
  row: EventRow,
  code: LogProblem["code"],
  what: string,
): void {
  problems.push({ code, ...placeOf(tables, row), blob: null, what });
}

function placeOf(tables: LogTables, { session, seq, position }: EventRow): EventPlace {
  return { session: tables.sessionByNumber(session)?.id ?? null, seq, position };
}
