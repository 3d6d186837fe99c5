import type { Task } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import { cameraFrameCaptured } from "../../events/environment.ts";
import { cropTaken } from "../../events/perception.ts";
import { derivationReused } from "../../events/session.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readSession, type SessionEvents } from "../collectedSession.ts";
import { isA } from "../derivations/rule.ts";
import type { FrameEvent } from "../derivations/segmentMask.ts";
import { requireSession } from "../inspectLog.ts";
import type { CropEvent } from "../observe.ts";

/** A logged observation that a branch goes on from. */
export interface BranchPoint {
  readonly session: SessionId;
  readonly task: Task;
  /** The session's, with those it shares. */
  readonly events: SessionEvents;
  /** The event that was named, at which the branch forks. */
  readonly fork: StoredEvent;
  readonly observation: Observation;
}

/** A camera's frame of an object at rest, or what a world model dreamed of one. */
export type Observation =
  | { readonly kind: "frame"; readonly frame: FrameEvent }
  | { readonly kind: "dreamed"; readonly crop: CropEvent };

/**
 * Parses `SESSION@SEQ`.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID`.
 */
export function parseBranchPoint(text: string): {
  readonly session: SessionId;
  readonly seq: number;
} {
  const [, session, seq] = /^(.+)@(\d+)$/.exec(text) ?? [];
  if (session !== undefined && seq !== undefined) return { session, seq: Number(seq) };
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected SESSION@SEQ, such as seed-0/collect/rope/00003@8, found "${text}"; "dreamlog log show LOG SESSION" lists seqs in its second column`,
    { text },
  );
}

/**
 * Finds the observation that a branch is to go on from.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`; `ARGUMENT_INVALID` for a seq that the session does not
 *   have; `NO_OBSERVATION` for an event that shows no object at rest, or a goal.
 */
export async function findBranchPoint(
  log: EventLog,
  { session, seq }: { readonly session: SessionId; readonly seq: number },
): Promise<BranchPoint> {
  const info = await requireSession(log, session);
  const last = (await log.get(info.lastPosition))!.seq;
  const fork = await eventWithSeq(log, session, seq);
  if (fork === undefined) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `session ${session}: expected a seq from 0 to ${last}, found ${seq}`,
      { session, seq, last },
    );
  }
  const observation = await observed(log, fork);
  if (observation === null) throw await noObservation(log, session, fork);
  // The label of a start comes after its frame, so the whole session is read.
  const events = await readSession(log, session);
  return { session, task: events.task, events, fork, observation };
}

async function eventWithSeq(
  log: EventLog,
  session: SessionId,
  seq: number,
): Promise<StoredEvent | undefined> {
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, afterPosition });
    const found = page.find((event) => event.seq === seq);
    const last = page.at(-1);
    if (found !== undefined || last === undefined) return found;
    afterPosition = last.position;
  }
}

/** @returns null for an event that shows no object at rest, or a goal. */
async function observed(log: EventLog, fork: StoredEvent): Promise<Observation | null> {
  const event = isA(fork, derivationReused) ? await log.get(fork.causes[0]!) : fork;
  if (event === undefined) return null;
  if (isA(event, cameraFrameCaptured)) return ofFrame(event);
  if (!isA(event, cropTaken) || event.payload.variant !== "objectOnly") return null;
  const source = await log.get(event.causes[0]!);
  return source !== undefined && isA(source, cameraFrameCaptured)
    ? ofFrame(source)
    : { kind: "dreamed", crop: event };
}

function ofFrame(frame: FrameEvent): Observation | null {
  const { phase } = frame.payload;
  return phase === "start" || phase === "final" ? { kind: "frame", frame } : null;
}

async function noObservation(
  log: EventLog,
  session: SessionId,
  { seq, type }: StoredEvent,
): Promise<DreamlogError> {
  const seqs: number[] = [];
  for (const event of await log.read({
    session,
    types: [cameraFrameCaptured.type, cropTaken.type],
  })) {
    if ((await observed(log, event)) !== null) seqs.push(event.seq);
  }
  return new DreamlogError(
    "NO_OBSERVATION",
    `${session}@${seq}: expected a frame or crop of the object at rest, which this session has at seq ${seqs.join(", ") || "none"}; found ${type} that shows none`,
    { session, seq, type, seqs },
  );
}
