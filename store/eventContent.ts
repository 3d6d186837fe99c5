import { digestBytes, type Digest } from "../src/core/digest.ts";
import { contentDigestOf, encodePayload } from "../src/events/codec.ts";
import type { NewEvent } from "../src/events/envelope.ts";
import { parsePayload } from "../src/events/eventDefinition.ts";
import { eventDefinition } from "../src/events/registry.ts";

/** A payload as the log keeps it. */
export interface EventContent {
  readonly version: number;
  readonly payload: unknown;
  readonly bytes: Uint8Array;
  readonly bytesDigest: Digest;
  readonly contentDigest: Digest;
}

/**
 * Parses before anything is stored, so that what is stored can be read.
 *
 * @throws {DreamlogError} `EVENT_TYPE_UNKNOWN`, `EVENT_VERSION_UNKNOWN`, `EVENT_INVALID`.
 */
export function contentOf(event: NewEvent): EventContent {
  const definition = eventDefinition(event.type);
  const payload = parsePayload(definition, event.payload, event.version);
  const bytes = encodePayload(payload);
  const bytesDigest = digestBytes(bytes);
  const contentDigest = contentDigestOf(payload, bytes, bytesDigest);
  return { version: definition.version, payload, bytes, bytesDigest, contentDigest };
}
