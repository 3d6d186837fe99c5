import { invariant, isDreamlogError } from "../src/core/errors.ts";
import { contentDigestOf, encodePayload } from "../src/events/codec.ts";
import {
  derivationKey,
  producerDigest,
  type Producer,
  type StoredEvent,
} from "../src/events/envelope.ts";
import { parsePayload } from "../src/events/eventDefinition.ts";
import { eventDefinition } from "../src/events/registry.ts";
import type { DerivationRule } from "../src/ports/derivationRule.ts";
import { contentDifferences, firstDifference, type Difference } from "./contentDifference.ts";
import { describeValue } from "./describeValue.ts";
import type { MediaChecks } from "./mediaChecks.ts";
import type { ReplayedLog } from "./recentEvents.ts";
import type { Divergence, ReplayOutcome, ToleratedField } from "./replayReport.ts";
import { distanceOf, toleranceFor } from "./tolerance.ts";

/** What one event is held against. */
export interface Verifier<Tools> {
  readonly log: ReplayedLog;
  readonly ruleOf: (type: string, component: string) => DerivationRule<Tools> | undefined;
  readonly tools: Tools;
  readonly media: MediaChecks;
  /** Decodes every picture and clip, and not only those of `eventsToDecode`. */
  readonly decodesAll?: boolean;
  /**
   * Holds a request against its answer: what no rule recomputes, for nobody is asked again.
   *
   * @returns null where they belong together, and for events that are neither.
   */
  readonly checkExchange?: (
    event: StoredEvent,
    causes: readonly StoredEvent[],
  ) => Promise<Place | null>;
}

/** Where an event differs, and in what. */
export type Place = Pick<Divergence, "field" | "expected" | "found">;

/** What came of one event. */
export interface EventCheck {
  readonly outcome: ReplayOutcome | "readOnly";
  readonly divergence: Divergence | null;
  /** Why an unverifiable one is. */
  readonly reason: string | null;
  readonly tolerated: readonly Omit<ToleratedField, "events">[];
}

const sound: EventCheck = { outcome: "verified", divergence: null, reason: null, tolerated: [] };

/**
 * Holds an event against its digests, and a derived one against what its rule makes of its causes as
 * the log holds them. So the verdict on an event does not depend on any other's. Where something that
 * it takes was dropped on purpose, nothing is compared.
 *
 * @param isDecoded - whether its pictures and clips are held against the samples that they are named by.
 * @throws {DreamlogError} `INTERRUPTED`, `FFMPEG_MISSING`; whatever else goes wrong is a divergence.
 */
export async function verifyEvent<Tools>(
  verifier: Verifier<Tools>,
  event: StoredEvent,
  isDecoded = true,
): Promise<EventCheck> {
  try {
    return await holdAgainstCauses(verifier, event, isDecoded);
  } catch (error) {
    if (!isDreamlogError(error, "BLOB_PRUNED")) throw error;
    return event.kind === "derived"
      ? unverifiable("what it shows or was made of was pruned from the log")
      : { ...sound, outcome: "readOnly" };
  }
}

async function holdAgainstCauses<Tools>(
  verifier: Verifier<Tools>,
  event: StoredEvent,
  isDecoded: boolean,
): Promise<EventCheck> {
  const { causes, unreadable } = await readCauses(verifier.log, event);
  const damage =
    contentDamage(event) ??
    (isDecoded ? await mediaDamage(verifier, event) : null) ??
    unreadable ??
    keyDamage(event, causes) ??
    (await exchangeDamage(verifier, event, causes));
  if (damage !== null) return diverged(event, causes, null, damage);
  if (event.kind !== "derived") return { ...sound, outcome: "readOnly" };

  const rule = verifier.ruleOf(event.type, event.producer.component);
  if (rule === undefined) return unverifiable("this program has no such component");
  let producerNow: Producer;
  try {
    producerNow = await rule.producerNow(event.producer, verifier.tools);
  } catch (error) {
    return unverifiable(reasonOf(error));
  }
  const difference = producerDifference(event.producer, producerNow);
  if (difference !== null) return unverifiable(difference);
  try {
    const [payload] = await rule.compute([{ ...event, causes }], verifier.tools);
    const found = parsePayload(rule.definition, payload);
    return await compare(verifier, event, causes, producerNow, found);
  } catch (error) {
    return diverged(event, causes, producerNow, {
      field: "(recomputation)",
      expected: `a ${event.type}`,
      found: reasonOf(error),
    });
  }
}

function unverifiable(reason: string): EventCheck {
  return { ...sound, outcome: "unverifiable", reason };
}

function diverged(
  event: StoredEvent,
  causes: readonly StoredEvent[],
  producerNow: Producer | null,
  place: Place,
): EventCheck {
  const { position, session, seq, id, type, producer } = event;
  const divergence = {
    ...{ position, session, seq, id, type, producerRecorded: producer, producerNow },
    causes: causes.map((cause) => ({ position: cause.position, id: cause.id, type: cause.type })),
    ...place,
  };
  return { ...sound, outcome: "diverged", divergence };
}

/** The causes that are there; and what is wrong with the first of them that cannot be read. */
async function readCauses(
  log: ReplayedLog,
  event: StoredEvent,
): Promise<{ readonly causes: readonly StoredEvent[]; readonly unreadable: Place | null }> {
  const causes: StoredEvent[] = [];
  let unreadable: Place | null = null;
  for (const position of event.causes) {
    try {
      const cause = await log.get(position);
      if (cause !== undefined) causes.push(cause);
    } catch (error) {
      const found = `at ${position} ${reasonOf(error)}`;
      unreadable ??= { field: "(causes)", expected: "events that can be read", found };
    }
  }
  return { causes, unreadable };
}

/** Whether the payload is the one that the content digest names. */
function contentDamage({ type, version, payload, contentDigest }: StoredEvent): Place | null {
  // A payload of an older version was lifted when it was read, so its bytes are not these.
  if (version !== eventDefinition(type).version) return null;
  const found = contentDigestOf(payload, encodePayload(payload));
  if (found === contentDigest) return null;
  return { field: "(content digest)", expected: contentDigest, found };
}

async function mediaDamage<Tools>(
  { media }: Verifier<Tools>,
  { payload }: StoredEvent,
): Promise<Place | null> {
  try {
    await media.checkMedia(payload);
    return null;
  } catch (error) {
    const expected = "pictures as the event names them";
    return { field: "(media)", expected, found: reasonOf(error) };
  }
}

function keyDamage(event: StoredEvent, causes: readonly StoredEvent[]): Place | null {
  if (causes.length < event.causes.length) {
    const found = `${causes.length} of ${event.causes.length} causes`;
    return { field: "(causes)", expected: "events that the log holds", found };
  }
  if (event.kind !== "derived") return null;
  const key = derivationKey({ ...event, causes });
  return key === event.key
    ? null
    : { field: "(derivation key)", expected: String(event.key), found: key };
}

async function exchangeDamage<Tools>(
  { checkExchange }: Verifier<Tools>,
  event: StoredEvent,
  causes: readonly StoredEvent[],
): Promise<Place | null> {
  try {
    return (await checkExchange?.(event, causes)) ?? null;
  } catch (error) {
    const expected = "a request that can be made again";
    return { field: "(request)", expected, found: reasonOf(error) };
  }
}

/**
 * What this program's producer has otherwise than the recorded one, its fingerprint apart.
 *
 * @returns null where both would make the same, but for the last bits of ONNX.
 */
function producerDifference(recorded: Producer, now: Producer): string | null {
  const { fingerprint } = recorded;
  if (producerDigest(recorded) === producerDigest({ ...now, fingerprint })) return null;
  if (recorded.version !== now.version) return `here it is version ${now.version}`;
  const [first] = contentDifferences(recorded.config, now.config, "config");
  if (first?.kind === "value") {
    return `${first.field} is ${describeValue(first.expected)}, here ${describeValue(first.found)}`;
  }
  return `its model is ${recorded.model ?? "none"}, here ${now.model ?? "none"}`;
}

async function compare<Tools>(
  verifier: Verifier<Tools>,
  event: StoredEvent,
  causes: readonly StoredEvent[],
  producerNow: Producer,
  found: unknown,
): Promise<EventCheck> {
  const { type, payload, producer } = event;
  const isSameArithmetic = producer.fingerprint === producerNow.fingerprint;
  const tolerated = new Map<string, Omit<ToleratedField, "events">>();
  for (const difference of contentDifferences(payload, found)) {
    const tolerance = isSameArithmetic ? undefined : toleranceFor(type, difference.field);
    const distance = tolerance && (await distanceOf(difference, tolerance, verifier.media));
    if (tolerance === undefined || distance === undefined || distance > tolerance.limit) {
      const { field, expected, found: other } = describeDifference(difference);
      const limit = tolerance === undefined ? "" : ` within ${tolerance.limit}`;
      const off = distance === undefined ? "" : `, off by ${describeValue(distance)}`;
      const place = { field, expected: `${expected}${limit}`, found: `${other}${off}` };
      return diverged(event, causes, producerNow, place);
    }
    const largest = Math.max(tolerated.get(tolerance.field)?.largest ?? 0, distance);
    tolerated.set(tolerance.field, {
      ...{ type, field: tolerance.field, limit: tolerance.limit, largest },
      fingerprintRecorded: producer.fingerprint ?? "none",
      fingerprintNow: producerNow.fingerprint ?? "none",
    });
  }
  return tolerated.size === 0
    ? sound
    : { ...sound, outcome: "withinTolerance", tolerated: [...tolerated.values()] };
}

function describeDifference(difference: Difference): Place {
  const { kind, field } = difference;
  if (kind === "mask") {
    const first = firstDifference(difference.expected, difference.found, field);
    invariant(first !== undefined, "masks that differ differ somewhere");
    return describeDifference(first);
  }
  if (kind === "value") {
    const { expected, found } = difference;
    return { field, expected: describeValue(expected), found: describeValue(found) };
  }
  if (kind === "samples") {
    const { expected, found } = difference;
    return { field, expected: `samples ${expected.decoded}`, found: `samples ${found.decoded}` };
  }
  const { expected, found } = difference;
  return { field, expected: `bytes ${expected.digest}`, found: `bytes ${found.digest}` };
}

/** Errors that say nothing of whether the log is what it should be. */
const notFindings = ["INTERRUPTED", "FFMPEG_MISSING", "BLOB_PRUNED"] as const;

/** @throws what is no finding about the log. */
function reasonOf(error: unknown): string {
  if (notFindings.some((code) => isDreamlogError(error, code))) throw error;
  if (isDreamlogError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
