import type { Digest } from "../core/digest.ts";
import type { EventId, NewEvent, Position, SessionId, StoredEvent } from "../events/envelope.ts";

/** One node of the session tree. */
export interface SessionInfo {
  readonly id: SessionId;
  /** The session this one branches from, and the last position it shares with it. */
  readonly parent: { readonly session: SessionId; readonly position: Position } | null;
  /** Events of its own, without the shared prefix. */
  readonly eventCount: number;
  readonly firstPosition: Position;
  readonly lastPosition: Position;
  /** Chain digest of its last event. */
  readonly head: Digest;
  /** True once a `session.closed` event is there. */
  readonly isClosed: boolean;
}

export interface AppendOptions {
  /**
   * The seq the first of these events must get; a session that moved on is `SEQ_CONFLICT`. All
   * events of the call must then belong to one session.
   */
  readonly expectedSeq?: number;
  /** Log time of these events instead of the log's clock: simulated sessions live in simulated time. */
  readonly logTimeUs?: number;
}

export interface ReadQuery {
  readonly session?: SessionId;
  /** Only these types; all when left out. */
  readonly types?: readonly string[];
  /** Exclusive; 0 reads from the start. */
  readonly afterPosition?: Position;
  /** Inclusive. */
  readonly uptoPosition?: Position;
  /** Events at most. Default 1000. */
  readonly limit?: number;
}

export interface LogStats {
  readonly sessions: number;
  readonly events: number;
  readonly blobs: number;
  /** Of payloads and blobs together. */
  readonly bytes: number;
  readonly byType: readonly {
    readonly type: string;
    readonly events: number;
    readonly bytes: number;
  }[];
  readonly byMediaType: readonly {
    readonly mediaType: string;
    readonly blobs: number;
    readonly bytes: number;
  }[];
}

/**
 * The append-only log. Payloads are parsed against the registry before they are stored and after
 * they are read, so what comes back is always of the current version.
 */
export interface EventLog {
  /**
   * Appends events in one transaction; they are stored when the promise resolves. An event whose id
   * is stored already with the same content is returned as stored and not appended again.
   *
   * @throws {DreamlogError} `EVENT_INVALID`, `EVENT_TYPE_UNKNOWN`; `EVENT_CONFLICT` for an id stored
   *   with other content, a cause that is not there, or a branch that contradicts the session's
   *   parent; `SEQ_CONFLICT` naming expected and found; `SESSION_UNKNOWN` when a session
   *   does not begin with `session.started`; `SESSION_CLOSED`; `BLOB_MISSING` for a blob it names that the
   *   store does not hold; `DISK_FULL`. Nothing of the call is stored when it throws.
   */
  append(events: readonly NewEvent[], options?: AppendOptions): Promise<readonly StoredEvent[]>;
  /** Events in order of position. */
  read(query: ReadQuery): Promise<readonly StoredEvent[]>;
  get(position: Position): Promise<StoredEvent | undefined>;
  findById(id: EventId): Promise<StoredEvent | undefined>;
  /** The event of a session at a seq, of its own or of the prefix it shares. */
  getBySeq(session: SessionId, seq: number): Promise<StoredEvent | undefined>;
  /** The first event stored under a derivation key: the memo. */
  findByKey(key: Digest): Promise<StoredEvent | undefined>;
  /** Events that name `position` among their causes, in order of position. */
  effectsOf(position: Position): Promise<readonly StoredEvent[]>;
  session(id: SessionId): Promise<SessionInfo | undefined>;
  /** Every session whose id starts with `prefix`, in order of id. */
  sessions(prefix?: string): Promise<readonly SessionInfo[]>;
  /** Position of the last event; 0 in an empty log. */
  lastPosition(): Promise<Position>;
  /**
   * Digest of the whole log: over the (session id, chain head) pairs in order of id, so it does not
   * depend on how sessions written side by side were interleaved.
   */
  head(): Promise<Digest>;
  stats(): Promise<LogStats>;
  /** Calls back after appends through this object and, soon after, through others; for followers. */
  onAppend(listener: () => void): () => void;
  close(): Promise<void>;
}
