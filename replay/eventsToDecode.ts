import { isDreamlogError } from "../src/core/errors.ts";
import type { Position, StoredEvent } from "../src/events/envelope.ts";
import type { EventLog } from "../src/ports/eventLog.ts";
import { mediaNamedIn } from "./contentDifference.ts";

/**
 * Which of these events have pictures or clips that a replay decodes, to hold them against the samples
 * that they are named by: those that were derived, and those that something was derived from. What a
 * camera saw and nothing ever looked at is held by the digest of its bytes alone: most of a session at
 * 30 Hz, whose decoding would take longer than all that is recomputed.
 *
 * @param events - some in a row, whose effects are mostly among them.
 * @returns their positions.
 */
export async function eventsToDecode(
  log: Pick<EventLog, "effectsOf">,
  events: readonly StoredEvent[],
): Promise<ReadonlySet<Position>> {
  const lookedAt = new Set(events.filter(isDerived).flatMap(({ causes }) => causes));
  const decoded = new Set<Position>();
  for (const event of events) {
    const { position, payload } = event;
    if (mediaNamedIn(payload).length === 0) continue;
    if (isDerived(event) || lookedAt.has(position) || (await hasDerived(log, position))) {
      decoded.add(position);
    }
  }
  return decoded;
}

function isDerived({ kind }: StoredEvent): boolean {
  return kind === "derived";
}

/** An effect that cannot be read may have been derived. */
async function hasDerived(log: Pick<EventLog, "effectsOf">, position: Position): Promise<boolean> {
  try {
    return (await log.effectsOf(position)).some(isDerived);
  } catch (error) {
    if (!isDreamlogError(error)) throw error;
    return true;
  }
}
