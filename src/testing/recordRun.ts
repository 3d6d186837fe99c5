import { ManualClock } from "../core/clock.ts";
import {
  derivationKey,
  type NewEvent,
  type Producer,
  type StoredEvent,
} from "../events/envelope.ts";
import { parsePayload } from "../events/eventDefinition.ts";
import { eventDefinition } from "../events/registry.ts";
import { sessionClosed, sessionStarted } from "../events/session.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import type { GeneratedEvent, GeneratedRun } from "./arbitraryRun.ts";
import { generatedBlobs } from "./schemaArbitrary.ts";

/** Names of recorded sessions: `generated/0`, `generated/1` and so on. */
const namePrefix = "generated";

const producer: Producer = {
  component: "testing.generated",
  version: 1,
  config: {},
  model: null,
  fingerprint: null,
};

/**
 * Puts a generated run into a log: derived events under their keys, payloads' blobs in the store. A
 * run's causes and parents are picks; what they pick depends on the order of the run alone, so equal
 * runs give equal logs.
 *
 * @param open - an empty log.
 * @returns every event, in order of position.
 */
export async function recordRun(
  open: Pick<OpenLog, "log" | "blobs">,
  run: GeneratedRun,
): Promise<readonly StoredEvent[]> {
  for (const bytes of generatedBlobs.values()) await open.blobs.put(bytes, "application/octet-stream"); // prettier-ignore
  const stored: StoredEvent[] = [];
  const append = async (event: NewEvent) => {
    stored.push(...(await open.log.append([event], { logTimeUs: 0 })));
  };
  for (const [number, { parent, events, isClosed }] of run.entries()) {
    const session = `${namePrefix}/${number}`;
    const fork = parent === null ? null : forkOf(stored, number, parent);
    const start = { purpose: "generated", task: null, seed: "0", settings: "{}", parent: fork };
    await append(eventOf(session, "started", sessionStarted.type, start, [], null));
    for (const [at, event] of events.entries()) {
      await append(generatedEvent(session, `${at}`, event, stored));
    }
    if (!isClosed) continue;
    const end = { reason: "completed", note: "" };
    await append(eventOf(session, "closed", sessionClosed.type, end, [], null));
  }
  return stored;
}

/** Writes a generated run as a log file, which every command that reads logs opens. */
export async function saveRun(run: GeneratedRun, path: string): Promise<void> {
  const open = openLog({ path, clock: new ManualClock(0) });
  try {
    await recordRun(open, run);
  } finally {
    await open.close();
  }
}

function forkOf(
  stored: readonly StoredEvent[],
  number: number,
  pick: { readonly session: number; readonly event: number },
): { readonly session: string; readonly event: string } | null {
  if (number === 0) return null;
  const session = `${namePrefix}/${pick.session % number}`;
  const own = stored.filter((event) => event.session === session);
  return { session, event: own[pick.event % own.length]!.id };
}

function generatedEvent(
  session: string,
  name: string,
  { type, payload, causes, seed }: GeneratedEvent,
  stored: readonly StoredEvent[],
): NewEvent {
  const from = causes.map((pick) => stored[pick % stored.length]!);
  return eventOf(session, name, type, payload, from, seed);
}

function eventOf(
  session: string,
  name: string,
  type: string,
  payload: unknown,
  causes: readonly StoredEvent[],
  seed: string | null,
): NewEvent {
  const definition = eventDefinition(type);
  const { version, kind } = definition;
  const isDerived = kind === "derived";
  return {
    id: `${session}#${name}`,
    session,
    type,
    version,
    kind,
    sourceTimeUs: 0,
    causes: causes.map(({ position }) => position),
    producer,
    seed: isDerived ? seed : null,
    key: isDerived ? derivationKey({ type, version, producer, causes, seed }) : null,
    payload: parsePayload(definition, payload),
  };
}
