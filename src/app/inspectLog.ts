import type { Position, Producer, SessionId, StoredEvent } from "../events/envelope.ts";
import { DreamlogError } from "../core/errors.ts";
import type { EventLog, SessionInfo } from "../ports/eventLog.ts";

/** An event as `log show` prints it: JSON-able, long arrays cut. */
export interface EventView {
  readonly position: Position;
  readonly session: SessionId;
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  /** Of the type's payload, as this program reads it. */
  readonly version: number;
  readonly kind: string;
  readonly sourceTimeUs: number;
  readonly logTimeUs: number;
  /** Its component and version. */
  readonly producer: string;
  readonly config: Producer["config"];
  readonly model: Producer["model"];
  readonly fingerprint: Producer["fingerprint"];
  readonly seed: string | null;
  readonly key: string | null;
  readonly contentDigest: string;
  readonly chainDigest: string;
  readonly causes: readonly {
    readonly position: Position;
    readonly type: string;
    readonly id: string;
  }[];
  readonly payload: unknown;
}

/** Elements of an array that a view shows. */
const shownElements = 8;

/** @throws {DreamlogError} `SESSION_UNKNOWN`. */
export async function requireSession(log: EventLog, id: SessionId): Promise<SessionInfo> {
  const session = await log.session(id);
  if (session !== undefined) return session;
  const near = (await log.sessions(id.split("/")[0])).slice(0, 3).map((other) => `"${other.id}"`);
  const remedy = near.length > 0 ? `, such as ${near.join(", ")}` : "";
  throw new DreamlogError(
    "SESSION_UNKNOWN",
    `expected a session of this log${remedy}, found "${id}"; "dreamlog log ls" names them all`,
    { id },
  );
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a position the log does not hold. */
export async function viewEvent(log: EventLog, position: Position): Promise<EventView> {
  const event = await log.get(position);
  if (event !== undefined) return toView(log, event);
  const last = await log.lastPosition();
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a position from 1 to ${last}, found ${position}`,
    { position, last },
  );
}

export async function toView(log: EventLog, event: StoredEvent): Promise<EventView> {
  const causes = [];
  for (const position of event.causes) {
    const cause = await log.get(position);
    causes.push({ position, type: cause?.type ?? "(missing)", id: cause?.id ?? "(missing)" });
  }
  const { producer, payload, ...rest } = event;
  const { component, version, config, model, fingerprint } = producer;
  return {
    ...rest,
    producer: `${component}@${version}`,
    config,
    model,
    fingerprint,
    causes,
    payload: shorten(payload),
  };
}

function shorten(value: unknown): unknown {
  if (ArrayBuffer.isView(value) && "length" in value) {
    const array = value as unknown as ArrayLike<number>;
    const shown = Array.from(
      { length: Math.min(shownElements, array.length) },
      (_, at) => array[at],
    );
    return { type: value.constructor.name, length: array.length, first: shown };
  }
  if (Array.isArray(value)) {
    const shown = value.slice(0, shownElements).map(shorten);
    return value.length > shownElements
      ? [...shown, `… ${value.length - shownElements} more`]
      : shown;
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shorten(inner)]));
}

/** A session and the sessions that branch from it. */
export interface SessionNode extends SessionInfo {
  readonly branches: readonly SessionNode[];
}

/** The forest of sessions, roots and branches each in order of id. */
export function sessionTree(sessions: readonly SessionInfo[]): readonly SessionNode[] {
  const grow = (parent: SessionId | null): SessionNode[] =>
    (branchesOf.get(parent) ?? []).map((session) => ({ ...session, branches: grow(session.id) }));
  const known = new Set(sessions.map(({ id }) => id));
  const branchesOf = new Map<SessionId | null, SessionInfo[]>();
  for (const session of sessions) {
    // A branch whose parent the listing leaves out stands as a root.
    const parent =
      session.parent !== null && known.has(session.parent.session) ? session.parent.session : null;
    branchesOf.set(parent, [...(branchesOf.get(parent) ?? []), session]);
  }
  return grow(null);
}
