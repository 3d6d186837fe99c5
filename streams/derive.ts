import type { Digest } from "../src/core/digest.ts";
import {
  derivationKey,
  type EventId,
  type NewEvent,
  type Producer,
  type SessionId,
  type StoredEvent,
} from "../src/events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../src/events/eventDefinition.ts";
import type { EventLog } from "../src/ports/eventLog.ts";

/** Where an event goes and who made it. */
interface Origin<Definition extends EventDefinition> {
  readonly definition: Definition;
  /** Made from the session's name and the event's role in it, so that a resumed session finds it. */
  readonly id: EventId;
  readonly session: SessionId;
  readonly causes: readonly StoredEvent[];
  readonly producer: Producer;
  readonly sourceTimeUs: number;
  /** The log's clock when left out. */
  readonly logTimeUs?: number;
}

export interface Fact<Definition extends EventDefinition> extends Origin<Definition> {
  readonly payload: PayloadOf<Definition>;
}

export interface Derivation<Definition extends EventDefinition> extends Origin<Definition> {
  /** Names the random numbers of the computation; null when it uses none. */
  readonly seed: string | null;
}

/** Appends something that came from outside; the same id with the same content is answered as stored. */
export async function record<Definition extends EventDefinition>(
  log: EventLog,
  fact: Fact<Definition>,
): Promise<StoredEvent<PayloadOf<Definition>>> {
  return appendOne(log, fact, { seed: null, key: null, payload: fact.payload });
}

/**
 * One step of the build graph: answers a derivation from the log when any session holds it under its
 * key, and computes and appends it otherwise.
 *
 * @returns `isMemo` tells whether nothing was computed.
 */
export async function derive<Definition extends EventDefinition>(
  log: EventLog,
  derivation: Derivation<Definition>,
  compute: () => PayloadOf<Definition> | Promise<PayloadOf<Definition>>,
): Promise<{ readonly event: StoredEvent<PayloadOf<Definition>>; readonly isMemo: boolean }> {
  const key = keyOf(derivation);
  const stored = await log.findByKey(key);
  if (stored !== undefined) {
    return { event: stored as StoredEvent<PayloadOf<Definition>>, isMemo: true };
  }
  const payload = await compute();
  const event = await appendOne(log, derivation, { seed: derivation.seed, key, payload });
  return { event, isMemo: false };
}

/**
 * Many derivations of one definition: those that the log lacks are computed together (a batched model,
 * one encoder process) and appended in order.
 *
 * @param compute - gets the indices of the missing derivations and answers in that order.
 */
export async function deriveBatch<Definition extends EventDefinition>(
  log: EventLog,
  derivations: readonly Derivation<Definition>[],
  compute: (missing: readonly number[]) => Promise<readonly PayloadOf<Definition>[]>,
): Promise<readonly StoredEvent<PayloadOf<Definition>>[]> {
  const isMissing = await Promise.all(
    derivations.map(async (derivation) => (await log.findByKey(keyOf(derivation))) === undefined),
  );
  const missing = isMissing.flatMap((isGap, at) => (isGap ? [at] : []));
  const payloads = missing.length > 0 ? await compute(missing) : [];
  const computed = new Map(missing.map((at, index) => [at, payloads[index]!]));
  const events: StoredEvent<PayloadOf<Definition>>[] = [];
  for (const [at, derivation] of derivations.entries()) {
    // Two derivations of one batch may share a key: the second is then answered by the first.
    const { event } = await derive(log, derivation, () => computed.get(at)!);
    events.push(event);
  }
  return events;
}

/** The derivation's key, before anything is computed. */
export function keyOf(derivation: Derivation<EventDefinition>): Digest {
  const { definition, producer, causes, seed } = derivation;
  return derivationKey({
    type: definition.type,
    version: definition.version,
    producer,
    causes,
    seed,
  });
}

async function appendOne<Definition extends EventDefinition>(
  log: EventLog,
  origin: Origin<Definition>,
  content: Pick<NewEvent, "seed" | "key" | "payload">,
): Promise<StoredEvent<PayloadOf<Definition>>> {
  const event: NewEvent = {
    id: origin.id,
    session: origin.session,
    type: origin.definition.type,
    version: origin.definition.version,
    kind: origin.definition.kind,
    sourceTimeUs: origin.sourceTimeUs,
    causes: origin.causes.map(({ position }) => position),
    producer: origin.producer,
    ...content,
  };
  const { logTimeUs } = origin;
  const [stored] = await log.append([event], logTimeUs === undefined ? {} : { logTimeUs });
  return stored as StoredEvent<PayloadOf<Definition>>;
}
