import type { Clock } from "../core/clock.ts";
import type { Digest } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import { decodePayload } from "../events/codec.ts";
import type { SessionId } from "../events/envelope.ts";
import { logPruned } from "../events/maintenance.ts";
import { sessionClosed, sessionStarted } from "../events/session.ts";
import { blobsNamedIn } from "../../store/blobsNamedIn.ts";
import { dropBlobs } from "../../store/dropBlobs.ts";
import type { BlobRow } from "../../store/logTables.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import { record } from "../../streams/derive.ts";
import { exactProducer } from "./producers.ts";

const pruner = exactProducer("app.pruneLog", 1);
/** Sessions that tell what was pruned; what they name always stays. */
const tombstones = "prune/";
const pageSize = 1000;

export interface PruneOptions {
  readonly path: string;
  readonly clock: Clock;
  /**
   * Beginnings of the names of sessions that keep what they name, with their parents; the blobs of all
   * others go. Null keeps whatever any event names.
   */
  readonly keep: readonly string[] | null;
  readonly isDryRun?: boolean;
  /** Events looked at, and in all; the space is given back after the last. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Pruned {
  readonly blobs: number;
  readonly bytes: number;
  /** The session that tells of it; null where nothing was dropped. */
  readonly session: SessionId | null;
}

/**
 * Drops blobs to make room. The log says so before it happens: a session of its own holds a
 * `log.pruned` event that lists them, so that verify knows them for dropped and not lost. A crash in
 * between leaves blobs that the list names; the next prune takes them.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a name to keep that no session begins with; what
 *   `openLog` and `dropBlobs` throw.
 */
export async function pruneLog(options: PruneOptions): Promise<Pruned> {
  const { path, clock, keep, isDryRun = false, onProgress = () => undefined } = options;
  const open = openLog({ path, clock, mode: isDryRun ? "readonly" : "existing" });
  let pruned: Pruned;
  let digests: readonly Digest[];
  try {
    const dropped = await findDroppable(open, keep, onProgress);
    digests = dropped.map(({ digest }) => digest);
    const bytes = dropped.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    pruned = { blobs: dropped.length, bytes, session: null };
    if (isDryRun || dropped.length === 0) return pruned;
    pruned = { ...pruned, session: await tell(open, clock, digests, { bytes, keep }) };
  } finally {
    await open.close();
  }
  dropBlobs(path, digests);
  return pruned;
}

async function findDroppable(
  open: OpenLog,
  keep: PruneOptions["keep"],
  onProgress: NonNullable<PruneOptions["onProgress"]>,
): Promise<readonly BlobRow[]> {
  const named = await namedByKept(open, keep, onProgress);
  const droppable: BlobRow[] = [];
  for (let after: Digest | null = null; ;) {
    const page = open.tables.blobs(after, pageSize);
    droppable.push(...page.filter(({ digest }) => !named.has(digest)));
    const last = page.at(-1);
    if (last === undefined) return droppable;
    after = last.digest;
  }
}

/** Blobs that an event of a session that is kept names. */
async function namedByKept(
  { log, tables }: OpenLog,
  keep: PruneOptions["keep"],
  onProgress: NonNullable<PruneOptions["onProgress"]>,
): Promise<ReadonlySet<Digest>> {
  const kept = keep === null ? null : await keptSessions({ log }, keep);
  const total = await log.lastPosition();
  const named = new Set<Digest>();
  for (let afterPosition = 0; ;) {
    const uptoPosition = Number.MAX_SAFE_INTEGER;
    // Rows and not parsed events: what a newer dreamlog wrote is kept as well.
    const page = tables.events({ afterPosition, uptoPosition, limit: pageSize });
    for (const { session, payload } of page) {
      if (kept !== null && !kept.has(tables.sessionByNumber(session)?.id ?? "")) continue;
      for (const { digest } of blobsNamedIn(decodePayload(payload))) named.add(digest);
    }
    const last = page.at(-1);
    if (last === undefined) return named;
    afterPosition = last.position;
    onProgress(afterPosition, total);
  }
}

/** Those of these names, what they branch from, and those that tell of earlier prunings. */
async function keptSessions(
  { log }: Pick<OpenLog, "log">,
  keep: readonly string[],
): Promise<ReadonlySet<SessionId>> {
  const sessions = await log.sessions();
  for (const prefix of keep) {
    // A slip of the pen here would cost every blob of the log.
    if (sessions.some(({ id }) => id.startsWith(prefix))) continue;
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected the beginning of a session's name to keep, found "${prefix}", with which none begins; "dreamlog log ls" names them all`,
      { prefix },
    );
  }
  const parents = new Map(sessions.map(({ id, parent }) => [id, parent?.session]));
  const kept = new Set<SessionId>();
  for (const { id } of sessions) {
    if (![...keep, tombstones].some((prefix) => id.startsWith(prefix))) continue;
    for (let one: SessionId | undefined = id; one !== undefined; one = parents.get(one))
      kept.add(one);
  }
  return kept;
}

async function tell(
  { log, blobs }: OpenLog,
  clock: Clock,
  digests: readonly Digest[],
  { bytes, keep }: { readonly bytes: number; readonly keep: PruneOptions["keep"] },
): Promise<SessionId> {
  // No two prunings find a log of the same length.
  const session = `${tombstones}${(await log.lastPosition()) + 1}`;
  const list = Buffer.from([...digests].sort().join(""), "hex");
  const dropped = await blobs.put(list, "application/x-dreamlog-digests");
  const origin = { session, causes: [], producer: pruner, sourceTimeUs: clock.nowUs() };
  await record(log, {
    ...origin,
    definition: sessionStarted,
    id: `${session}/started`,
    payload: { purpose: "prune", task: null, seed: "", parent: null, settings: "{}" },
  });
  await record(log, {
    ...origin,
    definition: logPruned,
    id: `${session}/pruned`,
    payload: {
      blobCount: digests.length,
      bytes,
      dropped,
      keptSessions: keep === null ? null : [...keep],
    },
  });
  await record(log, {
    ...origin,
    definition: sessionClosed,
    id: `${session}/closed`,
    payload: { reason: "completed", note: "" },
  });
  return session;
}
