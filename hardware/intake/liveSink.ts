import type { EventDefinition, PayloadOf } from "../../src/events/eventDefinition.ts";
import type { BlobRef } from "../../src/events/media.ts";

/** Where what a cell says is recorded, one named stream beside the other. */
export interface LiveSink {
  /**
   * Takes an event without waiting for the log; what becomes of one that finds no room is the sink's
   * policy, and recorded by it.
   */
  record<Definition extends EventDefinition>(
    stream: string,
    definition: Definition,
    payload: PayloadOf<Definition>,
    sourceTimeUs: number,
  ): void;
  /** Copies the bytes at once, so the caller may use its buffer again. */
  storeBytes(bytes: Uint8Array, mediaType: string): Promise<BlobRef>;
}
