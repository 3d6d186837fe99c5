import type { EventId, Position, Producer, SessionId } from "../src/events/envelope.ts";

/**
 * What came of recomputing one event.
 * - `verified`: the content is that of the log, bit for bit.
 * - `withinTolerance`: recorded under another numeric fingerprint, and as near as `tolerance.ts` asks.
 * - `diverged`: it is not.
 * - `unverifiable`: its producer is not to be had here, so nothing was compared.
 */
export const replayOutcomes = ["verified", "withinTolerance", "diverged", "unverifiable"] as const;
export type ReplayOutcome = (typeof replayOutcomes)[number];

/** The event where log and recomputation part. */
export interface Divergence {
  readonly position: Position;
  readonly session: SessionId;
  /** −1 for an event that cannot be read. */
  readonly seq: number;
  readonly id: EventId;
  readonly type: string;
  /** Null for an event that cannot be read. */
  readonly producerRecorded: Producer | null;
  /** Null when the event is no derivation or its producer was not asked for. */
  readonly producerNow: Producer | null;
  readonly causes: readonly {
    readonly position: Position;
    readonly id: EventId;
    readonly type: string;
  }[];
  /** Inside the payload; or in parentheses what is wrong with the event itself. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** Derived events of one type. */
export interface TypeCounts extends Readonly<Record<ReplayOutcome, number>> {
  readonly type: string;
}

/** A producer whose events could not be recomputed. */
export interface UnknownProducer {
  readonly component: string;
  readonly version: number;
  /** What is missing, or how this program's producer differs. */
  readonly reason: string;
  readonly events: number;
  readonly firstPosition: Position;
}

/** Events of one type that differ from the log in one field, no further than they may. */
export interface ToleratedField {
  readonly type: string;
  readonly field: string;
  readonly limit: number;
  /** The largest difference found, in the limit's unit. */
  readonly largest: number;
  readonly events: number;
  /** Numeric fingerprint of this machine. */
  readonly fingerprintNow: string;
  readonly fingerprintRecorded: string;
}

/** What came of recomputing some events; parts of a log add up to the whole in any order. */
export interface ReplayCounts {
  /** Facts and effects: read, their digests checked. */
  readonly readOnly: number;
  /** In order of type. */
  readonly byType: readonly TypeCounts[];
  /** In order of component, version and reason. */
  readonly unknownProducers: readonly UnknownProducer[];
  /** In order of type, field and fingerprints. */
  readonly tolerated: readonly ToleratedField[];
  /** Positions of all diverged events, ascending. */
  readonly diverged: readonly Position[];
  /** That of the first position: causes come before what derives from them. */
  readonly firstDivergence: Divergence | null;
}

export const nothingReplayed: ReplayCounts = {
  readOnly: 0,
  byType: [],
  unknownProducers: [],
  tolerated: [],
  diverged: [],
  firstDivergence: null,
};

/** Associative and commutative, so that it does not matter which thread replayed what, and when. */
export function addCounts(a: ReplayCounts, b: ReplayCounts): ReplayCounts {
  return {
    readOnly: a.readOnly + b.readOnly,
    byType: combined([...a.byType, ...b.byType], ({ type }) => [type], addTypeCounts),
    unknownProducers: combined(
      [...a.unknownProducers, ...b.unknownProducers],
      ({ component, version, reason }) => [component, version, reason],
      (one, other) => ({
        ...one,
        events: one.events + other.events,
        firstPosition: Math.min(one.firstPosition, other.firstPosition),
      }),
    ),
    tolerated: combined(
      [...a.tolerated, ...b.tolerated],
      ({ type, field, fingerprintRecorded }) => [type, field, fingerprintRecorded],
      (one, other) => ({
        ...one,
        largest: Math.max(one.largest, other.largest),
        events: one.events + other.events,
      }),
    ),
    diverged: [...a.diverged, ...b.diverged].sort((one, other) => one - other),
    firstDivergence: firstOf(a.firstDivergence, b.firstDivergence),
  };
}

function addTypeCounts(a: TypeCounts, b: TypeCounts): TypeCounts {
  return {
    type: a.type,
    verified: a.verified + b.verified,
    withinTolerance: a.withinTolerance + b.withinTolerance,
    diverged: a.diverged + b.diverged,
    unverifiable: a.unverifiable + b.unverifiable,
  };
}

function firstOf(a: Divergence | null, b: Divergence | null): Divergence | null {
  if (a === null || b === null) return a ?? b;
  return a.position <= b.position ? a : b;
}

/** Joins items of the same name, in order of name. */
function combined<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => readonly (string | number)[],
  join: (a: Item, b: Item) => Item,
): readonly Item[] {
  const byName = new Map<string, Item>();
  for (const item of items) {
    const name = JSON.stringify(nameOf(item));
    const known = byName.get(name);
    byName.set(name, known === undefined ? item : join(known, item));
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
