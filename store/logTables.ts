import type { Digest } from "../src/core/digest.ts";
import type { EventId, Position, SessionId } from "../src/events/envelope.ts";
import type { EventKind } from "../src/events/eventDefinition.ts";

/** One stored event as a table row; sessions and producers by number. */
export interface EventRow {
  readonly position: Position;
  readonly id: EventId;
  readonly session: number;
  readonly seq: number;
  readonly type: string;
  readonly version: number;
  readonly kind: EventKind;
  readonly sourceTimeUs: number;
  readonly logTimeUs: number;
  readonly producer: number;
  readonly seed: string | null;
  readonly key: Digest | null;
  readonly payload: Uint8Array;
  readonly contentDigest: Digest;
  readonly chainDigest: Digest;
}

export interface SessionRow {
  readonly number: number;
  readonly id: SessionId;
  /** Number of the session it branches from. */
  readonly parent: number | null;
  /** Last position shared with the parent; 0 for a root. */
  readonly forkPosition: Position;
  readonly firstSeq: number;
}

export interface ProducerRow {
  readonly number: number;
  readonly digest: Digest;
  readonly json: string;
}

export interface RowQuery {
  readonly session?: number;
  readonly types?: readonly string[];
  readonly afterPosition: Position;
  readonly uptoPosition: Position;
  readonly limit: number;
}

/**
 * Where a log keeps its rows: an SQLite file or plain arrays. Rows are only ever inserted. Every
 * rule of the log is in `tableLog.ts`, once for both.
 */
export interface LogTables {
  /** Runs `work` as one transaction: all of its inserts or none. */
  transaction<Result>(work: () => Result): Result;
  lastPosition(): Position;
  insertEvent(row: EventRow): void;
  insertCause(event: Position, ordinal: number, cause: Position): void;
  insertSession(row: Omit<SessionRow, "number">): SessionRow;
  /** @returns the number of the producer with this digest, new or not. */
  internProducer(digest: Digest, json: () => string): number;
  producer(number: number): ProducerRow | undefined;
  sessionById(id: SessionId): SessionRow | undefined;
  sessionByNumber(number: number): SessionRow | undefined;
  /** In order of id. */
  sessions(prefix: string): readonly SessionRow[];
  eventAt(position: Position): EventRow | undefined;
  eventById(id: EventId): EventRow | undefined;
  eventByKey(key: Digest): EventRow | undefined;
  /** The session's own last event. */
  lastEventOf(session: number): EventRow | undefined;
  firstEventOf(session: number): EventRow | undefined;
  /** In order of position. */
  events(query: RowQuery): readonly EventRow[];
  causesOf(event: Position): readonly Position[];
  eventsCausedBy(cause: Position): readonly EventRow[];
  insertBlob(digest: Digest, mediaType: string, bytes: Uint8Array): void;
  blob(digest: Digest): Uint8Array | undefined;
  hasBlob(digest: Digest): boolean;
  /** In order of digest, after the one given. */
  blobDigests(after: Digest | null, limit: number): readonly Digest[];
  counts(): {
    readonly sessions: number;
    readonly events: number;
    readonly blobs: number;
    readonly blobBytes: number;
    readonly byType: readonly { type: string; events: number; bytes: number }[];
  };
  /** Calls back soon after rows were inserted through another connection. */
  watchOthers(listener: () => void): () => void;
  close(): void;
}
