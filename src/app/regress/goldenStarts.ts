import { DreamlogError } from "../../core/errors.ts";
import { outcomeScored } from "../../events/evaluation.ts";
import { sessionStarted } from "../../events/session.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import type { Start } from "./scorePlanner.ts";

/** A start with the score that a recorded session got on it. */
export interface GoldenStart extends Start {
  readonly session: string;
  readonly score: number;
}

/**
 * The scored sessions of a log whose names begin so, each with its start: what a planner is held
 * against. A session that is scored more than once, a branch of several primitives, is left out.
 *
 * @returns in order of name, one for each start.
 * @throws {DreamlogError} `SESSION_UNKNOWN` when there is none.
 */
export async function goldenStarts(log: EventLog, prefix: string): Promise<readonly GoldenStart[]> {
  const starts = new Map<string, GoldenStart>();
  for (const { id } of await log.sessions(prefix)) {
    const scored = await log.read({ session: id, types: [outcomeScored.type] });
    const events = await readEvents(log, id);
    const outcome = events.find("final/score", outcomeScored);
    const { task, seed } = events.get("started", sessionStarted).payload;
    if (outcome === undefined || task === null || scored.length > 1) continue;
    const name = `${task} ${seed}`;
    if (!starts.has(name))
      starts.set(name, { session: id, task, seed, score: outcome.payload.score });
  }
  if (starts.size > 0) return [...starts.values()];
  throw new DreamlogError(
    "SESSION_UNKNOWN",
    `expected scored sessions whose names begin with "${prefix}", found none; "dreamlog log ls" names them all`,
    { prefix },
  );
}
