import type { Digest } from "../../core/digest.ts";
import type { Position, SessionId } from "../../events/envelope.ts";

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

/** An event's place, as problems name it. */
export type EventPlace = Pick<LogProblem, "session" | "seq" | "position">;

export const nowhere: EventPlace = { session: null, seq: null, position: null };

/** A line for what a damaged page keeps from being read; says what SQLite said, without remedies. */
export function unreadable(what: string, { message, cause }: Error): string {
  return `${what} cannot be read (${cause instanceof Error ? cause.message : message})`;
}

export function fileDamage(what: string): LogProblem {
  return { code: "FILE_DAMAGED", ...nowhere, blob: null, what };
}
