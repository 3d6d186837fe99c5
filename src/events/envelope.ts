import { digestFields, type Digest } from "../core/digest.ts";
import type { EventKind } from "./eventDefinition.ts";

/** Global order of the log: 1 for its first event. */
export type Position = number;
/** Names one session; unicode text without control characters, such as `collect/rope/000012`. */
export type SessionId = string;
/** Unique in a log; appending the same id again returns the stored event. */
export type EventId = string;

/** Who made an event, with everything that could change the result. */
export interface Producer {
  /** Dotted name of the code, such as `perception.colourSegmenter`. */
  readonly component: string;
  /** Bumped when the code's results change. */
  readonly version: number;
  /** Settings, JSON-encodable; compared by digest. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Digest of the weights, or null when there are none. */
  readonly model: Digest | null;
  /** Of the arithmetic: null for plain TypeScript and WASM, which are exact everywhere. */
  readonly fingerprint: string | null;
}

/** An event as its maker hands it to the log. */
export interface NewEvent<Payload = unknown> {
  readonly id: EventId;
  readonly session: SessionId;
  readonly type: string;
  readonly version: number;
  readonly kind: EventKind;
  /** When it happened at its source, integer microseconds since the Unix epoch. */
  readonly sourceTimeUs: number;
  /** Positions of the events this one came from, in the order its maker read them. */
  readonly causes: readonly Position[];
  readonly producer: Producer;
  /** Present on derived events: the seed of the random numbers used, or null for none. */
  readonly seed: string | null;
  /** Present on derived events; see `derivationKey`. Null on the others. */
  readonly key: Digest | null;
  readonly payload: Payload;
}

/** An event as the log holds it. */
export interface StoredEvent<Payload = unknown> extends NewEvent<Payload> {
  readonly position: Position;
  /** Zero-based place in its session. */
  readonly seq: number;
  /** When the log took it, integer microseconds since the Unix epoch. */
  readonly logTimeUs: number;
  /** Digest of the payload's bytes (with the decoded content of media; see `contentDigestOf`). */
  readonly contentDigest: Digest;
  /** Digest over the previous event's chain digest and everything in this one. */
  readonly chainDigest: Digest;
}

/** Digest of a producer: equal exactly when every field is. */
export function producerDigest(producer: Producer): Digest {
  return digestFields([
    producer.component,
    producer.version,
    canonicalJson(producer.config),
    producer.model,
    producer.fingerprint,
  ]);
}

/**
 * Names a derivation before it is computed: digest(type, version, producer, content digests of the
 * causes, seed). Events with the same key hold the same content, so the second is never computed.
 */
export function derivationKey(derivation: {
  readonly type: string;
  readonly version: number;
  readonly producer: Producer;
  readonly causes: readonly { readonly contentDigest: Digest }[];
  readonly seed: string | null;
}): Digest {
  return digestFields([
    "derivation",
    derivation.type,
    derivation.version,
    producerDigest(derivation.producer),
    derivation.seed,
    ...derivation.causes.map((cause) => cause.contentDigest),
  ]);
}

/** JSON with object keys in code-unit order at every depth. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
