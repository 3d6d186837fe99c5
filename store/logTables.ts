import type { Digest } from "../src/core/digest.ts";
import type { EventId, Position, SessionId } from "../src/events/envelope.ts";
import type { EventKind } from "../src/events/eventDefinition.ts";
import type { BlobPlace } from "./segments.ts";

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
  /** In the order their event names them. */
  readonly causes: readonly Position[];
  readonly producer: number;
  readonly seed: string | null;
  readonly key: Digest | null;
  readonly payload: Uint8Array;
  readonly contentDigest: Digest;
  readonly chainDigest: Digest;
}

/** What the order of a session needs to know of an event; cheap, whatever its payload weighs. */
export type EventLink = Pick<EventRow, "position" | "session" | "seq" | "type" | "chainDigest">;

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

/** Where a log ended at its last commit. */
export interface LogTail {
  readonly position: Position;
  /** Of the event there; null in an empty log. */
  readonly chainDigest: Digest | null;
}

/** A blob without its bytes. */
export interface BlobRow {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly lengthBytes: number;
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
 * rule of the log is in `eventWriter.ts` and what it asks, once for both.
 */
export interface LogTables {
  /** Runs `work` as one transaction: all of its inserts or none. */
  transaction<Result>(work: () => Result): Result;
  /** Another number whenever another connection has written since; ask inside a transaction. */
  foreignWrites(): number;
  lastPosition(): Position;
  /**
   * Inside a transaction only.
   *
   * @returns false when an event with its id is there; nothing is inserted then.
   * @throws when its position or seq is taken, at the end of the transaction at the latest.
   */
  insertEvent(row: EventRow): boolean;
  /** Notes where the log ends now, so that it is seen when its end is cut off. */
  noteTail(tail: LogTail): void;
  /** What was noted last; undefined in a file of an older format that is open for reading. */
  tail(): LogTail | undefined;
  insertSession(row: Omit<SessionRow, "number">): SessionRow;
  /** @returns the number of the producer with this digest, new or not. */
  internProducer(digest: Digest, json: () => string): number;
  producer(number: number): ProducerRow | undefined;
  sessionById(id: SessionId): SessionRow | undefined;
  sessionByNumber(number: number): SessionRow | undefined;
  /** In order of id. */
  sessions(prefix: string): readonly SessionRow[];
  eventAt(position: Position): EventRow | undefined;
  /** The session's own event with this seq. */
  eventBySeq(session: number, seq: number): EventRow | undefined;
  linkAt(position: Position): EventLink | undefined;
  positionOf(id: EventId): Position | undefined;
  eventByKey(key: Digest): EventRow | undefined;
  /** The session's own first and last event. */
  firstLinkOf(session: number): EventLink | undefined;
  lastLinkOf(session: number): EventLink | undefined;
  /** In order of position. */
  events(query: RowQuery): readonly EventRow[];
  eventsCausedBy(cause: Position): readonly EventRow[];
  insertBlob(digest: Digest, mediaType: string, bytes: Uint8Array): void;
  /** A blob whose bytes lie in a segment file, where they are on the disk already. */
  insertBlobPlace(digest: Digest, mediaType: string, place: BlobPlace): void;
  /** Undefined too where a segment file does not hold the bytes its row names. */
  blob(digest: Digest): Uint8Array | undefined;
  hasBlob(digest: Digest): boolean;
  /** In order of digest, after the one given. */
  blobs(after: Digest | null, limit: number): readonly BlobRow[];
  counts(): {
    readonly sessions: number;
    readonly events: number;
    readonly byType: readonly { type: string; events: number; bytes: number }[];
    readonly byMediaType: readonly { mediaType: string; blobs: number; bytes: number }[];
  };
  /** Damage of the file itself (pages, indexes, edges that belong to no event), a line each. */
  structuralDamage(): readonly string[];
  /** Calls back soon after rows were inserted through another connection. */
  watchOthers(listener: () => void): () => void;
  close(): void;
}
