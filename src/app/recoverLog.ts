import { DreamlogError } from "../core/errors.ts";
import type { EventId, SessionId, StoredEvent } from "../events/envelope.ts";
import { sessionClosed } from "../events/session.ts";
import { streamDropped } from "../events/stream.ts";
import { videoInterrupted } from "../events/video.ts";
import type { EventLog, SessionInfo } from "../ports/eventLog.ts";
import { record } from "../../streams/derive.ts";
import { exactProducer } from "./producers.ts";

const recoverer = exactProducer("app.recoverLog", 1);

/** A session that nobody closed: its writer died, or is at work still. */
export interface OpenSession {
  readonly session: SessionId;
  readonly events: number;
  /** The last thing that the log holds of it. */
  readonly last: {
    readonly type: string;
    readonly id: EventId;
    readonly sourceTimeUs: number;
    readonly logTimeUs: number;
  };
  /** Losses that its own events tell of. */
  readonly droppedEvents: number;
  readonly lostFrames: number;
}

/** Every session without a close, in order of name. */
export async function findOpenSessions(log: EventLog): Promise<readonly OpenSession[]> {
  const open: OpenSession[] = [];
  for (const session of await log.sessions()) {
    if (!session.isClosed) open.push(await describe(log, session));
  }
  return open;
}

async function describe(log: EventLog, session: SessionInfo): Promise<OpenSession> {
  const last = (await log.get(session.lastPosition)) as StoredEvent;
  const losses = await log.read({
    session: session.id,
    types: [streamDropped.type, videoInterrupted.type],
    afterPosition: session.firstPosition - 1,
    limit: Number.MAX_SAFE_INTEGER,
  });
  const sum = (type: string, field: "count" | "frameCount") =>
    losses
      .filter((event) => event.type === type)
      .reduce((total, { payload }) => total + (payload as Record<typeof field, number>)[field], 0);
  const { type, id, sourceTimeUs, logTimeUs } = last;
  return {
    session: session.id,
    events: session.eventCount,
    last: { type, id, sourceTimeUs, logTimeUs },
    droppedEvents: sum(streamDropped.type, "count"),
    lostFrames: sum(videoInterrupted.type, "frameCount"),
  };
}

/**
 * Closes sessions whose writers are gone, as interrupted: all of them or, where one is not open, none.
 * They take no further event then: a stage that would go on with one, and a robot's session that would
 * resume, must not be closed.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`, `SESSION_CLOSED`.
 */
export async function closeInterrupted(
  log: EventLog,
  names: readonly SessionId[],
): Promise<readonly StoredEvent[]> {
  const sessions: SessionInfo[] = [];
  for (const id of names) sessions.push(await requireOpen(log, id));
  const closed: StoredEvent[] = [];
  for (const session of sessions) closed.push(await close(log, session));
  return closed;
}

async function requireOpen(log: EventLog, id: SessionId): Promise<SessionInfo> {
  const session = await log.session(id);
  if (session === undefined) {
    throw new DreamlogError(
      "SESSION_UNKNOWN",
      `expected a session of this log, found "${id}"; "dreamlog log recover" names those that are open`,
      { id },
    );
  }
  if (session.isClosed) {
    throw new DreamlogError(
      "SESSION_CLOSED",
      `expected an open session, found that ${id} is closed; "dreamlog log recover" names those that are open`,
      { id },
    );
  }
  return session;
}

async function close(log: EventLog, session: SessionInfo): Promise<StoredEvent> {
  const { id } = session;
  const { last } = await describe(log, session);
  return record(log, {
    definition: sessionClosed,
    id: `${id}/closed`,
    session: id,
    causes: [],
    producer: recoverer,
    sourceTimeUs: last.sourceTimeUs,
    payload: { reason: "interrupted", note: `recovered after ${last.id}` },
  });
}
