import type { Digest } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import { canonicalJson, producerDigest, type StoredEvent } from "../src/events/envelope.ts";
import type { EventEnvelope } from "./preparedEvent.ts";

/**
 * Holds a repeated event against the one stored under its id: everything its maker said must be the
 * same. The times and places the log gave it do not count.
 *
 * @throws {DreamlogError} `EVENT_CONFLICT` naming both.
 */
export function requireSameEvent(
  existing: StoredEvent,
  event: EventEnvelope,
  contentDigest: Digest,
): void {
  const stored = identityOf(existing, existing.contentDigest);
  const offered = identityOf(event, contentDigest);
  if (canonicalJson(stored) === canonicalJson(offered)) return;
  throw new DreamlogError(
    "EVENT_CONFLICT",
    `event id ${event.id} is stored with other content: stored ${canonicalJson(stored)}, offered ${canonicalJson(offered)}; give the new event an id of its own`,
    { id: event.id, stored, offered },
  );
}

function identityOf(event: EventEnvelope, contentDigest: Digest) {
  const { session, type, kind, sourceTimeUs, seed, key } = event;
  return {
    session,
    type,
    kind,
    sourceTimeUs,
    causes: [...event.causes],
    producer: producerDigest(event.producer),
    seed,
    key,
    contentDigest,
  };
}
