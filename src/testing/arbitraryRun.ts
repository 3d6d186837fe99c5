import fc from "fast-check";
import type { EventDefinition } from "../events/eventDefinition.ts";
import { eventDefinitions } from "../events/registry.ts";
import { sessionClosed, sessionStarted } from "../events/session.ts";
import { schemaArbitrary } from "./schemaArbitrary.ts";

/** An event before it is in a log, where positions are not known yet. */
export interface GeneratedEvent {
  readonly type: string;
  readonly payload: unknown;
  /** Each picks one of the events recorded before, counted from the first and going round. */
  readonly causes: readonly number[];
  /** Of the random numbers, on derived events. */
  readonly seed: string;
}

/** A session before it is in a log. */
export interface GeneratedSession {
  /**
   * Picks the session it branches from among those before it, and the event it forks at among that
   * session's own, both going round; null for a root. The first session is a root.
   */
  readonly parent: { readonly session: number; readonly event: number } | null;
  readonly events: readonly GeneratedEvent[];
  readonly isClosed: boolean;
}

/** Sessions in the order they are recorded; `recordRun` puts them into a log. */
export type GeneratedRun = readonly GeneratedSession[];

export interface RunConstraints {
  /** Sessions at most, 1 or more. Default 4. */
  readonly maxSessions?: number;
  /** Events of a session at most, beside its first and last. Default 6. */
  readonly maxEvents?: number;
}

/** Sessions begin and end in their own way. */
const generatedDefinitions = eventDefinitions.filter(
  ({ type }) => type !== sessionStarted.type && type !== sessionClosed.type,
);

/** Any event but those that begin and end a session, with a payload that its schema takes. */
export function arbitraryEvent(): fc.Arbitrary<GeneratedEvent> {
  return fc.oneof(...generatedDefinitions.map(arbitraryEventOf));
}

/** An event of one definition, with up to three causes. */
export function arbitraryEventOf(definition: EventDefinition): fc.Arbitrary<GeneratedEvent> {
  return fc.record({
    type: fc.constant(definition.type),
    payload: schemaArbitrary(definition.schema),
    causes: fc.array(fc.nat(99), { maxLength: 3 }),
    seed: fc.nat(9).map(String),
  });
}

/** One root session. Shrinks to the fewest events that still fail. */
export function arbitrarySession(
  constraints: Pick<RunConstraints, "maxEvents"> = {},
): fc.Arbitrary<GeneratedSession> {
  return sessionOf(constraints, fc.constant(null));
}

/** Whole runs: sessions, some of them branches, whose events derive from one another's. */
export function arbitraryRun(constraints: RunConstraints = {}): fc.Arbitrary<GeneratedRun> {
  const { maxSessions = 4 } = constraints;
  const parent = fc.option(fc.record({ session: fc.nat(99), event: fc.nat(99) }), { nil: null });
  return fc.array(sessionOf(constraints, parent), { minLength: 1, maxLength: maxSessions });
}

function sessionOf(
  { maxEvents = 6 }: RunConstraints,
  parent: fc.Arbitrary<GeneratedSession["parent"]>,
): fc.Arbitrary<GeneratedSession> {
  return fc.record({
    parent,
    events: fc.array(arbitraryEvent(), { maxLength: maxEvents }),
    isClosed: fc.boolean(),
  });
}
