import { isDigest } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { NewEvent } from "../src/events/envelope.ts";
import { eventKinds } from "../src/events/eventDefinition.ts";

/** Control characters and halves of surrogate pairs: neither survives a round trip through a text column. */
const unstorable = /[\p{Cc}\p{Cs}]/u;

/**
 * Holds the envelope of a new event against what the columns can keep; its payload has a schema of
 * its own.
 *
 * @throws {DreamlogError} `EVENT_INVALID`.
 */
export function requireValidEvent(event: NewEvent): void {
  const { id, session, kind, sourceTimeUs, seed, key, causes } = event;
  if (!isName(id)) throw invalid(event, "id", "text without control characters", id);
  if (!isName(session)) throw invalid(event, "session", "text without control characters", session);
  if (!eventKinds.includes(kind)) throw invalid(event, "kind", eventKinds.join(", "), kind);
  if (!Number.isSafeInteger(sourceTimeUs)) {
    throw invalid(event, "sourceTimeUs", "whole microseconds", sourceTimeUs);
  }
  if (seed !== null && !isStorable(seed)) {
    throw invalid(event, "seed", "text without control characters", seed);
  }
  if (key !== null && !isDigest(key)) throw invalid(event, "key", "a digest or null", key);
  const badCause = causes.find((cause) => !Number.isSafeInteger(cause) || cause < 1);
  if (badCause !== undefined) throw invalid(event, "causes", "positions from 1", badCause);
}

function isName(text: string): boolean {
  return text.length > 0 && isStorable(text);
}

function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

function invalid(event: NewEvent, field: string, expected: string, found: unknown): DreamlogError {
  return new DreamlogError(
    "EVENT_INVALID",
    `event ${event.id} (${event.type}): ${field}: expected ${expected}, found ${JSON.stringify(found)}`,
    { id: event.id, type: event.type, field, found },
  );
}
