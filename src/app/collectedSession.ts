import type { Task } from "../core/cell.ts";
import { DreamlogError, invariant } from "../core/errors.ts";
import type { SessionId, StoredEvent } from "../events/envelope.ts";
import { cameraCalibrated } from "../events/environment.ts";
import { armRendered } from "../events/dreaming.ts";
import { outcomeScored } from "../events/evaluation.ts";
import type { EventDefinition, PayloadOf } from "../events/eventDefinition.ts";
import { cropTaken, keypointsSampled } from "../events/perception.ts";
import { planProposed } from "../events/planning.ts";
import { derivationReused, sessionStarted } from "../events/session.ts";
import type { EventLog } from "../ports/eventLog.ts";
import type { CropVariant, CropEvent } from "./observe.ts";

/** A session's events by the role that their ids name, such as `start/keypoints`. */
export interface EventsByRole {
  readonly session: SessionId;
  /** @throws {DreamlogError} `STAGE_INCOMPLETE` when the session has no such event. */
  get<Definition extends EventDefinition>(
    role: string,
    definition: Definition,
  ): StoredEvent<PayloadOf<Definition>>;
  find<Definition extends EventDefinition>(
    role: string,
    definition: Definition,
  ): StoredEvent<PayloadOf<Definition>> | undefined;
}

/** The events of a session that is about one object. */
export interface SessionEvents extends EventsByRole {
  readonly task: Task;
}

const pageSize = 1000;

/**
 * Reads one session of the log, the prefix it shares with its parent included.
 *
 * @param wanted - only events of these types, which spares reading what nobody asks for; all when left out.
 */
export async function readSession(
  log: EventLog,
  session: SessionId,
  wanted?: readonly EventDefinition[],
): Promise<SessionEvents> {
  const events = await readEvents(log, session, wanted && [...wanted, sessionStarted]);
  const { task } = events.get("started", sessionStarted).payload;
  invariant(task !== null, `session ${session} has a task`);
  return { ...events, task };
}

/** The same for any session, whether it is about one object or about many. */
export async function readEvents(
  log: EventLog,
  session: SessionId,
  wanted?: readonly EventDefinition[],
): Promise<EventsByRole> {
  const byRole = new Map<string, StoredEvent>();
  // What was computed elsewhere may be any of them.
  const types = wanted && { types: [...wanted, derivationReused].map(({ type }) => type) };
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, ...types, afterPosition, limit: pageSize });
    for (const event of page) {
      const [role, meant] = await roleOf(log, event);
      byRole.set(role, meant);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    afterPosition = last.position;
  }
  const find = <Definition extends EventDefinition>(role: string, definition: Definition) => {
    const event = byRole.get(role);
    return event?.type === definition.type
      ? (event as StoredEvent<PayloadOf<Definition>>)
      : undefined;
  };
  const get = <Definition extends EventDefinition>(role: string, definition: Definition) => {
    const event = find(role, definition);
    if (event !== undefined) return event;
    throw new DreamlogError(
      "STAGE_INCOMPLETE",
      `session ${session}: expected ${definition.type} as ${role}, found ${byRole.get(role)?.type ?? "nothing"}; run the stage before this one to its end`,
      { session, role },
    );
  };
  return { session, find, get };
}

/** What an event is to its session; a reused derivation stands for the event it names. */
export async function roleOf(log: EventLog, event: StoredEvent): Promise<[string, StoredEvent]> {
  if (event.type === derivationReused.type) {
    const { role } = (event as StoredEvent<PayloadOf<typeof derivationReused>>).payload;
    const reused = await log.get(event.causes[0]!);
    invariant(reused !== undefined, `${event.id} names what it reused`);
    return [role, reused];
  }
  return [event.id.slice(event.id.indexOf("#") + 1), event];
}

export const planContextTypes = [planProposed, keypointsSampled, cameraCalibrated] as const;

/** What later stages read of a collected trajectory. */
export function planContextOf(events: SessionEvents) {
  return {
    plan: events.get("plan", planProposed),
    current: events.get("start/keypoints", keypointsSampled),
    goal: events.get("goal/keypoints", keypointsSampled),
    camera: events.get("camera", cameraCalibrated),
  };
}

/** The logged events of one trajectory that the world model learns from. */
export interface LoggedClip {
  readonly session: SessionId;
  readonly task: Task;
  readonly firstFrame: CropEvent;
  readonly arm: StoredEvent<PayloadOf<typeof armRendered>>;
  /** The frames to predict, oldest first; the last shows the object at rest. */
  readonly targets: readonly CropEvent[];
}

/** @returns null for a session in which nothing was carried out. */
export function trainingClipOf(
  events: SessionEvents,
  variant: CropVariant,
  motionFrameCount: number,
): LoggedClip | null {
  if (events.find("final/score", outcomeScored) === undefined) return null;
  const roles = [...Array.from({ length: motionFrameCount }, (_, at) => `motion/${at}`), "final"];
  const targets = roles.map((role) => events.get(`${role}/crop/${variant}`, cropTaken));
  return {
    session: events.session,
    task: events.task,
    firstFrame: events.get(`start/crop/${variant}`, cropTaken),
    arm: executedClipOf(events),
    targets,
  };
}

function executedClipOf(events: SessionEvents): LoggedClip["arm"] {
  for (let candidate = 0; ; candidate++) {
    const clip = events.find(`candidate/${candidate}/arm`, armRendered);
    if (clip !== undefined) return clip;
    const { candidates } = events.get("plan", planProposed).payload;
    invariant(candidate < candidates.length, `session ${events.session} rendered what it executed`);
  }
}
