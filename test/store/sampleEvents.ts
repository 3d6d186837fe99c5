import type { Digest } from "../../src/core/digest.ts";
import {
  derivationKey,
  type EventId,
  type NewEvent,
  type Producer,
  type SessionId,
  type StoredEvent,
} from "../../src/events/envelope.ts";
import { objectBoxLabelled } from "../../src/events/environment.ts";
import type { EventDefinition, PayloadOf } from "../../src/events/eventDefinition.ts";
import { checkpointImported } from "../../src/events/learning.ts";
import type { BlobRef } from "../../src/events/media.ts";
import { keypointsSampled } from "../../src/events/perception.ts";
import { sessionClosed, sessionStarted } from "../../src/events/session.ts";

export const testProducer: Producer = {
  component: "test.hand",
  version: 1,
  config: { gain: 0.5 },
  model: null,
  fingerprint: null,
};

type Rest = Partial<Omit<NewEvent, "type" | "payload" | "session">>;

function fact<Definition extends EventDefinition>(
  definition: Definition,
  session: SessionId,
  name: string,
  payload: PayloadOf<Definition>,
  rest: Rest = {},
): NewEvent {
  return {
    id: `${session}/${name}`,
    session,
    type: definition.type,
    version: definition.version,
    kind: definition.kind,
    sourceTimeUs: 5,
    causes: [],
    producer: testProducer,
    seed: null,
    key: null,
    payload,
    ...rest,
  };
}

/** The first event of a session, of a branch where a parent is named. */
export function started(
  session: SessionId,
  parent: { readonly session: SessionId; readonly event: EventId } | null = null,
): NewEvent {
  const payload = { purpose: "test", task: null, seed: "0", parent, settings: "{}" };
  return fact(sessionStarted, session, "started", payload);
}

export function closed(session: SessionId): NewEvent {
  return fact(sessionClosed, session, "closed", { reason: "completed" as const, note: "" });
}

/** A small fact; `x` tells one from another. */
export function boxed(session: SessionId, name: EventId, x = 0, rest: Rest = {}): NewEvent {
  return fact(objectBoxLabelled, session, name, { box: { x, y: 0, width: 1, height: 2 } }, rest);
}

/** A derivation with its key; its content is a function of what it was derived from. */
export function sampled(
  session: SessionId,
  name: EventId,
  causes: readonly StoredEvent[],
  seed: string,
): NewEvent {
  const key = derivationKey({
    type: keypointsSampled.type,
    version: keypointsSampled.version,
    producer: testProducer,
    causes,
    seed,
  });
  const points = Float32Array.from([Number.parseInt(key.slice(0, 6), 16), 1.5]);
  return fact(
    keypointsSampled,
    session,
    name,
    { count: 1, points },
    { causes: causes.map(({ position }) => position), seed, key },
  );
}

/** A fact that names a blob. */
export function imported(session: SessionId, name: EventId, weights: BlobRef): NewEvent {
  const payload = { role: "planner" as const, origin: "test", weights, settings: "{}" };
  return fact(checkpointImported, session, name, payload);
}

/** A reference to bytes nobody stored. */
export const absentBlob: BlobRef = {
  digest: "0".repeat(64) as Digest,
  mediaType: "application/octet-stream",
  lengthBytes: 3,
};
