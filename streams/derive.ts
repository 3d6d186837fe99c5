import type { Digest } from "../src/core/digest.ts";
import { invariant } from "../src/core/errors.ts";
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

/** Derivations on their way into a log, by key. */
const pendingByLog = new WeakMap<EventLog, Map<Digest, Promise<StoredEvent>>>();

/**
 * One step of the build graph: answers a derivation from the log when any session holds it under its
 * key, waits for it when it is being computed through the same log object, and computes and appends
 * it otherwise.
 *
 * @returns `isMemo` tells whether nothing was computed for this call.
 */
export async function derive<Definition extends EventDefinition>(
  log: EventLog,
  derivation: Derivation<Definition>,
  compute: () => PayloadOf<Definition> | Promise<PayloadOf<Definition>>,
): Promise<{ readonly event: StoredEvent<PayloadOf<Definition>>; readonly isMemo: boolean }> {
  let isMemo = true;
  const [event] = await deriveBatch(log, [derivation], async () => {
    isMemo = false;
    return [await compute()];
  });
  invariant(event !== undefined, "one derivation has one event");
  return { event, isMemo };
}

/**
 * Many derivations of one definition: those that the log lacks are computed together (a batched model,
 * one encoder process) and appended in order.
 *
 * @param compute - gets the indices of the missing derivations, one for each key, and answers in that
 *   order.
 */
export async function deriveBatch<Definition extends EventDefinition>(
  log: EventLog,
  derivations: readonly Derivation<Definition>[],
  compute: (missing: readonly number[]) => Promise<readonly PayloadOf<Definition>[]>,
): Promise<readonly StoredEvent<PayloadOf<Definition>>[]> {
  const keys = derivations.map(keyOf);
  const pending = pendingOf(log);
  const own = keys.flatMap((key, at) =>
    keys.indexOf(key) === at && !pending.has(key) ? [at] : [],
  );
  // Claimed before anything is awaited, so that no other call computes the same meanwhile.
  const work = answerOrCompute(log, derivations, own, compute).finally(() => {
    for (const at of own) pending.delete(keys[at]!);
  });
  for (const at of own)
    pending.set(
      keys[at]!,
      work.then((events) => events.get(keys[at]!)!),
    );
  // Who waits for a claim sees its failure; so does this call, below.
  for (const at of own) pending.get(keys[at]!)!.catch(() => undefined);
  const others = new Map(keys.map((key) => [key, pending.get(key)]));

  // Own work first: two batches that wait for each other's claims must both get theirs done.
  const events = new Map(await work);
  for (const [at, key] of keys.entries()) {
    if (events.has(key)) continue;
    const event =
      (await others.get(key)?.catch(() => undefined)) ??
      // The other call failed; its reasons need not be this one's.
      (await deriveBatch(log, [derivations[at]!], () => compute([at])))[0]!;
    events.set(key, event);
  }
  return keys.map((key) => events.get(key) as StoredEvent<PayloadOf<Definition>>);
}

function pendingOf(log: EventLog): Map<Digest, Promise<StoredEvent>> {
  const known = pendingByLog.get(log);
  if (known !== undefined) return known;
  const pending = new Map<Digest, Promise<StoredEvent>>();
  pendingByLog.set(log, pending);
  return pending;
}

/** @returns the events of the derivations at `indices`, whose keys all differ, by key. */
async function answerOrCompute<Definition extends EventDefinition>(
  log: EventLog,
  derivations: readonly Derivation<Definition>[],
  indices: readonly number[],
  compute: (missing: readonly number[]) => Promise<readonly PayloadOf<Definition>[]>,
): Promise<ReadonlyMap<Digest, StoredEvent>> {
  const events = new Map<Digest, StoredEvent>();
  const missing: number[] = [];
  for (const at of indices) {
    const key = keyOf(derivations[at]!);
    const stored = await log.findByKey(key);
    if (stored === undefined) missing.push(at);
    else events.set(key, stored);
  }
  const payloads = missing.length > 0 ? await compute(missing) : [];
  invariant(payloads.length === missing.length, "a batch answers every missing derivation");
  for (const [index, at] of missing.entries()) {
    const derivation = derivations[at]!;
    const key = keyOf(derivation);
    const payload = payloads[index]!;
    events.set(key, await appendOne(log, derivation, { seed: derivation.seed, key, payload }));
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
