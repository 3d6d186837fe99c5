import { digestBytes, type Digest } from "../core/digest.ts";
import { contentDigestOf, decodePayload } from "../events/codec.ts";
import {
  producerDigest,
  type Position,
  type Producer,
  type SessionId,
} from "../events/envelope.ts";
import { chainDigestOf, genesisDigest } from "../../store/chainDigest.ts";
import type { EventRow, LogTables } from "../../store/logTables.ts";

/** One damaged place. */
export interface LogProblem {
  readonly code:
    | "BLOB_CORRUPT"
    | "CAUSE_MISSING"
    | "CHAIN_BROKEN"
    | "CONTENT_CHANGED"
    | "PAYLOAD_UNREADABLE"
    | "POSITION_MISSING"
    | "PRODUCER_CHANGED"
    | "SEQ_MISSING";
  readonly session: SessionId | null;
  readonly seq: number | null;
  readonly position: Position | null;
  readonly blob: Digest | null;
  /** What was expected and what was found. */
  readonly what: string;
}

export interface LogCheck {
  readonly isSound: boolean;
  readonly events: number;
  readonly blobs: number;
  readonly problems: readonly LogProblem[];
}

const pageSize = 1000;

/**
 * Recomputes every digest of the log from its bytes: payloads, content, chains, producers, blobs.
 * Trusts nothing but the algorithm, so it reads rows and not parsed events.
 */
export function verifyLog(
  tables: LogTables,
  onProgress: (done: number, total: number) => void = () => undefined,
): LogCheck {
  const { events: eventCount, blobs: blobCount } = tables.counts();
  const total = eventCount + blobCount;
  const problems: LogProblem[] = [];
  const chains = new Map<number, { readonly seq: number; readonly chain: Digest }>();
  const producers = new Map<number, Digest | null>();
  let position = 0;
  for (;;) {
    const rows = tables.events({
      afterPosition: position,
      uptoPosition: Number.MAX_SAFE_INTEGER,
      limit: pageSize,
    });
    for (const row of rows) {
      if (row.position !== position + 1) {
        problems.push(
          problemAt(
            tables,
            row,
            "POSITION_MISSING",
            `expected position ${position + 1}, found ${row.position}`,
          ),
        );
      }
      position = row.position;
      problems.push(...checkEvent(tables, row, chains, producers));
    }
    onProgress(Math.min(position, eventCount), total);
    if (rows.length < pageSize) break;
  }
  problems.push(...checkBlobs(tables, (done) => onProgress(eventCount + done, total)));
  return { isSound: problems.length === 0, events: eventCount, blobs: blobCount, problems };
}

function checkEvent(
  tables: LogTables,
  row: EventRow,
  chains: Map<number, { readonly seq: number; readonly chain: Digest }>,
  producers: Map<number, Digest | null>,
): LogProblem[] {
  const problems: LogProblem[] = [];
  const found = (code: LogProblem["code"], what: string) =>
    problems.push(problemAt(tables, row, code, what));

  const payload = digestBytes(row.payload);
  try {
    const content = contentDigestOf(decodePayload(row.payload), row.payload, payload);
    if (content !== row.contentDigest) {
      found("CONTENT_CHANGED", `expected content digest ${row.contentDigest}, found ${content}`);
    }
  } catch (error) {
    found("PAYLOAD_UNREADABLE", `the payload is no msgpack: ${String(error)}`);
  }

  let producer = producers.get(row.producer);
  if (producer === undefined) {
    producer = checkedProducer(tables, row.producer);
    producers.set(row.producer, producer);
    if (producer === null) {
      found("PRODUCER_CHANGED", `producer ${row.producer} is missing or not what its digest says`);
    }
  }

  const session = tables.sessionByNumber(row.session);
  const before = chains.get(row.session);
  const fork = session?.forkPosition === 0 ? undefined : tables.linkAt(session?.forkPosition ?? 0);
  const expectedSeq = before === undefined ? (fork?.seq ?? -1) + 1 : before.seq + 1;
  if (row.seq !== expectedSeq)
    found("SEQ_MISSING", `expected seq ${expectedSeq}, found ${row.seq}`);

  const causes: Digest[] = [];
  for (const cause of tables.causesOf(row.position)) {
    const chain = cause < row.position ? tables.linkAt(cause)?.chainDigest : undefined;
    if (chain === undefined)
      found("CAUSE_MISSING", `expected an earlier event at ${cause}, its cause`);
    else causes.push(chain);
  }
  const chain = chainDigestOf({
    ...row,
    previous: before?.chain ?? fork?.chainDigest ?? genesisDigest,
    session: session?.id ?? "",
    producer: producer ?? ("" as Digest),
    payload,
    content: row.contentDigest,
    causes,
  });
  if (chain !== row.chainDigest) {
    found(
      "CHAIN_BROKEN",
      `expected chain digest ${row.chainDigest}, computed ${chain} from what is stored`,
    );
  }
  // Go on from the stored digest: one change is then one problem, and not one for each event after it.
  chains.set(row.session, { seq: row.seq, chain: row.chainDigest });
  return problems;
}

function checkedProducer(tables: LogTables, number: number): Digest | null {
  const row = tables.producer(number);
  if (row === undefined) return null;
  try {
    return producerDigest(JSON.parse(row.json) as Producer) === row.digest ? row.digest : null;
  } catch {
    return null;
  }
}

function checkBlobs(tables: LogTables, onProgress: (done: number) => void): LogProblem[] {
  const problems: LogProblem[] = [];
  let after: Digest | null = null;
  let done = 0;
  for (;;) {
    const digests: readonly Digest[] = tables.blobs(after, pageSize).map(({ digest }) => digest);
    for (const digest of digests) {
      const bytes = tables.blob(digest);
      const found = bytes === undefined ? null : digestBytes(bytes);
      if (found !== digest) {
        const what = `expected bytes of digest ${digest}, found ${found ?? "none"}`;
        problems.push({
          code: "BLOB_CORRUPT",
          session: null,
          seq: null,
          position: null,
          blob: digest,
          what,
        });
      }
    }
    done += digests.length;
    onProgress(done);
    const last = digests.at(-1);
    if (last === undefined || digests.length < pageSize) return problems;
    after = last;
  }
}

function problemAt(
  tables: LogTables,
  row: EventRow,
  code: LogProblem["code"],
  what: string,
): LogProblem {
  const session = tables.sessionByNumber(row.session)?.id ?? null;
  return { code, session, seq: row.seq, position: row.position, blob: null, what };
}
