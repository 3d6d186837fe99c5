import { digestBytes, type Digest } from "../core/digest.ts";
import { isDreamlogError } from "../core/errors.ts";
import { contentDigestOf, decodePayload } from "../events/codec.ts";
import {
  canonicalJson,
  producerDigest,
  type Position,
  type Producer,
  type SessionId,
} from "../events/envelope.ts";
import { parsePayload } from "../events/eventDefinition.ts";
import { sessionStarted } from "../events/session.ts";
import { blobsNamedIn } from "../../store/blobsNamedIn.ts";
import { chainDigestOf, genesisDigest } from "../../store/chainDigest.ts";
import type { EventLink, EventRow, LogTables, SessionRow } from "../../store/logTables.ts";

/** One damaged place. */
export interface LogProblem {
  readonly code:
    | "BLOB_CHANGED"
    | "BLOB_CORRUPT"
    | "BLOB_MISSING"
    | "CAUSE_MISSING"
    | "CHAIN_BROKEN"
    | "CONTENT_CHANGED"
    | "FILE_DAMAGED"
    | "PAYLOAD_UNREADABLE"
    | "POSITION_MISSING"
    | "PRODUCER_CHANGED"
    | "SEQ_MISSING"
    | "SESSION_CHANGED"
    | "TAIL_MISSING";
  readonly session: SessionId | null;
  readonly seq: number | null;
  readonly position: Position | null;
  readonly blob: Digest | null;
  /** What was expected and what was found. */
  readonly what: string;
}

export interface LogCheck {
  readonly isSound: boolean;
  readonly events: number;
  readonly blobs: number;
  readonly problems: readonly LogProblem[];
}

const pageSize = 1000;
/** Payloads without this key name no blob and need not be decoded. */
const blobMark = Buffer.from("mediaType");

/** What the check knows of the log when it reaches an event. */
interface Progress {
  readonly tables: LogTables;
  readonly problems: LogProblem[];
  /** The last event of each session, by number. */
  readonly ends: Map<number, EventLink>;
  /** Digests of producers, by number; null for one that is not what its digest says. */
  readonly producers: Map<number, Digest | null>;
  /** Blobs that events name: the first to do so, and the media types they know it by. */
  readonly named: Map<Digest, { readonly by: EventRow; readonly mediaTypes: Set<string> }>;
}

/**
 * Recomputes every digest of the log from its bytes: payloads, content, chains, producers, blobs;
 * and holds sessions, blobs and the file's own structure against what the events say. Trusts nothing
 * but the algorithm, so it reads rows and not parsed events, and finds what was changed anywhere.
 */
export function verifyLog(
  tables: LogTables,
  onProgress: (done: number, total: number) => void = () => undefined,
): LogCheck {
  const problems: LogProblem[] = [];
  const counts = { events: 0, blobs: 0 };
  try {
    problems.push(...tables.structuralDamage().map(fileDamage));
    const { events, blobs } = tables.counts();
    Object.assign(counts, { events, blobs });
    const progress: Progress = {
      tables,
      problems,
      ends: new Map(),
      producers: new Map(),
      named: new Map(),
    };
    checkEvents(progress, (done) => onProgress(Math.min(done, events), events + blobs));
    checkTail(progress);
    checkBlobs(progress, (done) => onProgress(events + done, events + blobs));
  } catch (error) {
    // Some page cannot be read at all; what was found up to here still counts.
    if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    problems.push(fileDamage(error.message));
  }
  return { isSound: problems.length === 0, ...counts, problems };
}

function checkEvents(progress: Progress, onProgress: (done: number) => void): void {
  const { tables } = progress;
  let position = 0;
  for (;;) {
    const rows = tables.events({
      afterPosition: position,
      uptoPosition: Number.MAX_SAFE_INTEGER,
      limit: pageSize,
    });
    for (const row of rows) {
      if (row.position !== position + 1) {
        report(progress, row, "POSITION_MISSING", `expected position ${position + 1}`);
      }
      position = row.position;
      checkEvent(progress, row);
    }
    onProgress(position);
    if (rows.length < pageSize) return;
  }
}

/** A log may have grown since its end was noted, but never shrunk. */
function checkTail({ tables, problems }: Progress): void {
  const tail = tables.tail();
  if (tail === undefined || tail.position === 0) return;
  const { position, chainDigest } = tail;
  const found = tables.linkAt(position)?.chainDigest ?? null;
  if (found === chainDigest) return;
  const last = tables.lastPosition();
  const what = `expected event ${chainDigest ?? "(unknown)"} at position ${position}, where the log ended at its last commit, found ${found ?? `the end at ${last}`}`;
  problems.push({ code: "TAIL_MISSING", session: null, seq: null, position, blob: null, what });
}

function checkEvent(progress: Progress, row: EventRow): void {
  const { tables, ends } = progress;
  const session = tables.sessionByNumber(row.session);
  const before = ends.get(row.session);
  const fork = session === undefined ? undefined : tables.linkAt(session.forkPosition);
  const expectedSeq = ((before ?? fork)?.seq ?? -1) + 1;
  if (row.seq !== expectedSeq) {
    report(progress, row, "SEQ_MISSING", `expected seq ${expectedSeq}, found ${row.seq}`);
  }
  const payloadDigest = digestBytes(row.payload);
  const chain = chainDigestOf({
    ...row,
    previous: (before ?? fork)?.chainDigest ?? genesisDigest,
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
}

/** @returns the chain digests of the causes that are there. */
function checkCauses(progress: Progress, row: EventRow): Digest[] {
  const { tables } = progress;
  return row.causes.flatMap((cause) => {
    const chain = cause < row.position ? tables.linkAt(cause)?.chainDigest : undefined;
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
 * Holds the payload against its content digest, the blobs it names and, in a session's first event,
 * the session's row.
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
      const named = progress.named.get(digest) ?? { by: row, mediaTypes: new Set<string>() };
      named.mediaTypes.add(mediaType);
      progress.named.set(digest, named);
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
  report(
    progress,
    row,
    "SESSION_CHANGED",
    `expected ${expected}, found ${JSON.stringify(session)}`,
  );
}

function checkBlobs(progress: Progress, onProgress: (done: number) => void): void {
  const { tables, named } = progress;
  let done = 0;
  for (let after: Digest | null = null; ;) {
    const page = tables.blobs(after, pageSize);
    for (const { digest, mediaType } of page) {
      const bytes = tables.blob(digest);
      const found = bytes === undefined ? null : digestBytes(bytes);
      const users = named.get(digest);
      named.delete(digest);
      if (found !== digest) {
        const what = `expected bytes of digest ${digest}, found ${found ?? "none"}`;
        reportBlob(progress, digest, "BLOB_CORRUPT", what, users?.by);
      }
      if (users !== undefined && !users.mediaTypes.has(mediaType)) {
        const what = `expected ${[...users.mediaTypes].join(" or ")}, found ${mediaType}`;
        reportBlob(progress, digest, "BLOB_CHANGED", what, users.by);
      }
      done += 1;
    }
    onProgress(done);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    after = last.digest;
  }
  for (const [digest, { by }] of named) {
    reportBlob(progress, digest, "BLOB_MISSING", `expected blob ${digest}, found none`, by);
  }
}

function report(
  { problems, tables }: Progress,
  row: EventRow,
  code: LogProblem["code"],
  what: string,
): void {
  const session = tables.sessionByNumber(row.session)?.id ?? null;
  problems.push({ code, session, seq: row.seq, position: row.position, blob: null, what });
}

/** @param by - the first event that names the blob, if any does. */
function reportBlob(
  { problems, tables }: Progress,
  blob: Digest,
  code: LogProblem["code"],
  what: string,
  by: EventRow | undefined,
): void {
  const session = by === undefined ? null : (tables.sessionByNumber(by.session)?.id ?? null);
  const { seq = null, position = null } = by ?? {};
  problems.push({ code, session, seq, position, blob, what });
}

function fileDamage(what: string): LogProblem {
  return { code: "FILE_DAMAGED", session: null, seq: null, position: null, blob: null, what };
}
