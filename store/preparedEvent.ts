import { digestBytes, type Digest } from "../src/core/digest.ts";
import { contentDigestOf, encodePayload } from "../src/events/codec.ts";
import type { NewEvent } from "../src/events/envelope.ts";
import { parsePayload } from "../src/events/eventDefinition.ts";
import type { BlobRef } from "../src/events/media.ts";
import { eventDefinition } from "../src/events/registry.ts";
import { blobsNamedIn } from "./blobsNamedIn.ts";
import { requireValidEvent } from "./requireValidEvent.ts";

export type EventEnvelope = Omit<NewEvent, "payload">;

/** An event that fits its schema, with all that follows from it alone; what is left is its place in a log. */
export interface PreparedEvent {
  /** As its maker gave it. */
  readonly envelope: EventEnvelope;
  /** Current version of its type, which the payload is of. */
  readonly version: number;
  /** Of the current version, parsed; may be decoded from the bytes only when it is asked for. */
  readonly payload: unknown;
  readonly bytes: Uint8Array;
  readonly bytesDigest: Digest;
  readonly contentDigest: Digest;
  /** That the payload names. */
  readonly blobs: readonly BlobRef[];
}

/**
 * Parses before anything is stored, so that what is stored can be read.
 *
 * @throws {DreamlogError} `EVENT_TYPE_UNKNOWN`, `EVENT_VERSION_UNKNOWN`, `EVENT_INVALID`.
 */
export function prepareEvent(event: NewEvent): PreparedEvent {
  requireValidEvent(event);
  const definition = eventDefinition(event.type);
  const payload = parsePayload(definition, event.payload, event.version);
  const bytes = encodePayload(payload);
  const bytesDigest = digestBytes(bytes);
  const contentDigest = contentDigestOf(payload, bytes, bytesDigest);
  const blobs = blobsNamedIn(payload);
  const { version } = definition;
  return { envelope: event, version, payload, bytes, bytesDigest, contentDigest, blobs };
}
