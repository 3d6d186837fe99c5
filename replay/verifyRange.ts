import { isDreamlogError } from "../src/core/errors.ts";
import type { ReadQuery } from "../src/ports/eventLog.ts";
import type { Position, SessionId, StoredEvent } from "../src/events/envelope.ts";
import type { ReplayedLog } from "./recentEvents.ts";
import { eventsToDecode } from "./eventsToDecode.ts";
import { addCounts, nothingReplayed, type Divergence, type ReplayCounts } from "./replayReport.ts";
import { verifyEvent, type EventCheck, type Verifier } from "./verifyEvent.ts";

/** Some events of a log, for one thread to verify. */
export interface ReplayRange {
  /** Only this session's own events; those of all sessions when null. */
  readonly session: SessionId | null;
  /** Exclusive. */
  readonly afterPosition: Position;
  /** Inclusive. */
  readonly uptoPosition: Position;
  /** Only events of these types; all when null. */
  readonly types: readonly string[] | null;
}

/**
 * Events held at a time: their payloads, not their pictures. Starting a decoder takes as long as
 * decoding a session's clips, so a page holds several sessions.
 */
const pageSize = 256;

/** A training has thousands of causes and loads them itself, some at a time. */
const preparedCausesMax = 16;

/** Events whose pictures are being decoded beside the one that is verified. */
const eventsAhead = 3;

/**
 * Verifies the events of a range, one after the other.
 *
 * @param onEvent - called after each.
 */
export async function verifyRange<Tools>(
  verifier: Verifier<Tools>,
  { session, types, uptoPosition, ...range }: ReplayRange,
  onEvent: () => void = () => undefined,
): Promise<ReplayCounts> {
  let counts = nothingReplayed;
  for (let { afterPosition } = range; afterPosition < uptoPosition;) {
    const query = { ...(types === null ? {} : { types }), afterPosition, uptoPosition };
    const page = await readPage(verifier.log, session === null ? query : { ...query, session });
    // A branch reads the events that it shares; they are its parent's to verify.
    const own = page.events.filter((event) => session === null || event.session === session);
    for await (const [event, check] of verifyEvents(verifier, own)) {
      counts = addCounts(counts, countsOf(event, check));
      onEvent();
    }
    if (page.unreadable !== null) {
      afterPosition = page.unreadable.position;
      counts = addCounts(counts, { ...nothingReplayed, diverged: [afterPosition], firstDivergence: page.unreadable }); // prettier-ignore
    } else if (page.events.length < pageSize) break;
    else afterPosition = page.events.at(-1)!.position;
  }
  return counts;
}

/** One after the other, for rules share a cell and models; what they look at is decoded beside that. */
async function* verifyEvents<Tools>(
  verifier: Verifier<Tools>,
  events: readonly StoredEvent[],
): AsyncGenerator<readonly [StoredEvent, EventCheck]> {
  const { log, media, decodesAll = false } = verifier;
  const decoded = decodesAll
    ? new Set(events.map(({ position }) => position))
    : await eventsToDecode(log, events);
  const isDecoded = ({ position }: StoredEvent) => decoded.has(position);
  const prepared = [prepareClips(verifier, events, isDecoded)];
  let prepareImagesFrom = 0;
  try {
    for (const [at, event] of events.entries()) {
      const next = events.slice(prepareImagesFrom, at + 1 + eventsAhead);
      prepareImagesFrom += next.length;
      const shown = next.filter(isDecoded).map(({ payload }) => payload);
      prepared.push(media.prepareImages(shown));
      yield [event, await verifyEvent(verifier, event, isDecoded(event))];
    }
  } finally {
    // Nothing goes on reading a log that may be closed by then.
    await Promise.all(prepared);
  }
}

/**
 * Some events of a query; where one cannot be read, those before it and what is wrong with it.
 *
 * @throws what is wrong with the log and no single event.
 */
async function readPage(
  log: ReplayedLog,
  query: ReadQuery & { readonly afterPosition: Position; readonly uptoPosition: Position },
): Promise<{ readonly events: readonly StoredEvent[]; readonly unreadable: Divergence | null }> {
  try {
    return { events: await log.read({ ...query, limit: pageSize }), unreadable: null };
  } catch (error) {
    if (!isDreamlogError(error)) throw error;
    // Position by position, the one that cannot be read is found, whatever else is on the page.
    for (let position = query.afterPosition + 1; position <= query.uptoPosition; position++) {
      const before = { ...query, uptoPosition: position, limit: pageSize };
      const events = await log.read(before).catch((cause: unknown) => cause);
      if (Array.isArray(events)) continue;
      return {
        events: await log.read({ ...query, uptoPosition: position - 1, limit: pageSize }),
        unreadable: unreadableEvent(position, events),
      };
    }
    throw error;
  }
}

function unreadableEvent(position: Position, error: unknown): Divergence {
  const unknown = "(unreadable)";
  return {
    position,
    ...{ session: unknown, seq: -1, id: unknown, type: unknown },
    ...{ producerRecorded: null, producerNow: null, causes: [] },
    field: "(payload)",
    expected: "an event that can be read",
    found: error instanceof Error ? error.message : String(error),
  };
}

/** A decoder is started once a page for what these events show, and what they were derived from. */
async function prepareClips<Tools>(
  { log, media }: Verifier<Tools>,
  page: readonly StoredEvent[],
  isDecoded: (event: StoredEvent) => boolean,
): Promise<void> {
  const derived = page.filter(
    ({ kind, causes }) => kind === "derived" && causes.length <= preparedCausesMax,
  );
  // A cause that cannot be read is found where its event is checked.
  const read = derived.flatMap((event) =>
    event.causes.map((at) => log.get(at).catch(() => undefined)),
  );
  const causes = await Promise.all(read);
  const shown = [...page.filter(isDecoded), ...causes];
  await media.prepareClips(shown.map((event) => event?.payload));
}

function countsOf(event: StoredEvent, check: EventCheck): ReplayCounts {
  const { position, type, producer } = event;
  const { outcome, divergence, reason, tolerated } = check;
  const ofType = { type, verified: 0, withinTolerance: 0, diverged: 0, unverifiable: 0 };
  const { component, version } = producer;
  return {
    readOnly: outcome === "readOnly" ? 1 : 0,
    byType: outcome === "readOnly" ? [] : [{ ...ofType, [outcome]: 1 }],
    unknownProducers:
      reason === null ? [] : [{ component, version, reason, events: 1, firstPosition: position }],
    tolerated: tolerated.map((field) => ({ ...field, events: 1 })),
    diverged: divergence === null ? [] : [position],
    firstDivergence: divergence,
  };
}
