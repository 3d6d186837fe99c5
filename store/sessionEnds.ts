import type { Digest } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { SessionId } from "../src/events/envelope.ts";
import { sessionClosed } from "../src/events/session.ts";
import { genesisDigest } from "./chainDigest.ts";
import type { LogTables, SessionRow } from "./logTables.ts";
import { openSession } from "./openSession.ts";
import type { EventEnvelope, PreparedEvent } from "./preparedEvent.ts";

/** Sessions whose end is kept in memory at most. */
const maxKnownEnds = 4096;

/** Where the next event of a session goes. */
export interface SessionEnd {
  readonly session: SessionRow;
  nextSeq: number;
  /** Chain digest of the last event, of the fork or of nothing. */
  chainDigest: Digest;
  isClosed: boolean;
}

/** Where sessions stand, remembered, so that an append need not ask the tables. */
export class SessionEnds {
  readonly #tables: LogTables;
  readonly #ends = new Map<SessionId, SessionEnd>();

  constructor(tables: LogTables) {
    this.#tables = tables;
  }

  get isFull(): boolean {
    return this.#ends.size > maxKnownEnds;
  }

  known(session: SessionId): SessionEnd | undefined {
    return this.#ends.get(session);
  }

  forget(): void {
    this.#ends.clear();
  }

  /** @throws {DreamlogError} `SESSION_CLOSED`, `SEQ_CONFLICT`, and what opening a session throws. */
  of(event: PreparedEvent, expectedSeq: number | undefined): SessionEnd {
    const { session, type, id } = event.envelope;
    const end = this.known(session) ?? this.#find(event);
    if (end.isClosed) {
      throw new DreamlogError(
        "SESSION_CLOSED",
        `session ${session} is closed and takes no further event, found ${type} (${id}); branch from it instead`,
        { session, id },
      );
    }
    if (expectedSeq !== undefined && end.nextSeq !== expectedSeq) {
      throw new DreamlogError(
        "SEQ_CONFLICT",
        `session ${session}: expected the next seq to be ${expectedSeq}, found ${end.nextSeq}; another writer was faster: read what it wrote and decide anew`,
        { session, expected: expectedSeq, found: end.nextSeq },
      );
    }
    return end;
  }

  #find({ envelope, version, payload }: PreparedEvent): SessionEnd {
    const session =
      this.#tables.sessionById(envelope.session) ??
      openSession(this.#tables, { ...envelope, version, payload });
    const last = this.#tables.lastLinkOf(session.number);
    const end: SessionEnd = {
      session,
      nextSeq: last === undefined ? session.firstSeq : last.seq + 1,
      chainDigest:
        last?.chainDigest ??
        this.#tables.linkAt(session.forkPosition)?.chainDigest ??
        genesisDigest,
      isClosed: last?.type === sessionClosed.type,
    };
    this.#ends.set(envelope.session, end);
    return end;
  }
}

/**
 * Seqs are of one session.
 *
 * @throws {DreamlogError} `EVENT_INVALID`.
 */
export function requireOneSession(
  events: readonly EventEnvelope[],
  expectedSeq: number | undefined,
): void {
  const other = events.find(({ session }) => session !== events[0]?.session);
  if (expectedSeq === undefined || other === undefined) return;
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected events of one session where a seq is expected, found ${events[0]?.session} and ${other.session}; append them one session at a time`,
    { id: other.id, expectedSeq },
  );
}
