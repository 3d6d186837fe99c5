import type { NewEvent, SessionId } from "../events/envelope.ts";

/**
 * What a stream does with an event while as many as it may have wait for the log.
 * - `block`: keeps the caller waiting; for sources that can be held back.
 * - `drop`: leaves the event out and records a `stream.dropped` event that counts it; for sources
 *   that cannot wait, such as a robot's states at 1 kHz.
 */
export type OverflowPolicy = "block" | "drop";

export interface EventStreamOptions {
  /** The session its events belong to. */
  readonly session: SessionId;
  /** Tells it from the other streams of the session, such as `leftArm/states`. */
  readonly name: string;
  readonly policy: OverflowPolicy;
  /** Events that may wait for the log. Default 4096. */
  readonly maxWaiting?: number;
}

export interface EventStreamCounts {
  readonly offered: number;
  /** Stored, as durable as the log promises. */
  readonly acknowledged: number;
  readonly dropped: number;
}

/** One source of events on its way into a log whose writer works beside the caller. */
export interface EventStream {
  /**
   * Takes an event. It is encoded before the call returns, so the caller may use its buffers again;
   * that it is stored is told by `flush`.
   *
   * @returns whether the event was taken: always true under `block`.
   * @throws {DreamlogError} `EVENT_INVALID` at once; and, once the log has refused an event of this
   *   stream, what it refused it with.
   */
  offer(event: NewEvent): Promise<boolean>;
  /**
   * Resolves when every event taken so far, and the record of every event left out, is stored.
   *
   * @throws {DreamlogError} what the log refused an event of this stream with.
   */
  flush(): Promise<void>;
  counts(): EventStreamCounts;
}
