import type { Digest } from "../src/core/digest.ts";
import type { EventRow } from "./logTables.ts";

// Digests are hex in the program and 32 bytes in the file.

export function toBytes(digest: Digest): Buffer {
  return Buffer.from(digest, "hex");
}

export function toDigest(bytes: Buffer): Digest {
  return bytes.toString("hex") as Digest;
}

/**
 * The same bytes in one buffer that is written over each time, for a parameter that SQLite copies: a
 * new buffer for each digest took a tenth of an append's time.
 */
export function digestParameter(): (digest: Digest) => Buffer {
  const bytes = Buffer.allocUnsafeSlow(32);
  return (digest) => {
    bytes.write(digest, "hex");
    return bytes;
  };
}

/** An event as SQLite hands it out. */
export interface StoredEventRow extends Omit<
  EventRow,
  "causes" | "key" | "payload" | "contentDigest" | "chainDigest"
> {
  /** Positions in a text, blanks between them; null for none. */
  readonly causes: string | null;
  readonly key: Buffer | null;
  readonly payload: Buffer;
  readonly contentDigest: Buffer;
  readonly chainDigest: Buffer;
}

// The causes come with their event: a statement of their own for each event took half of the reading.
export const eventColumns = `position, id, session, seq, type, version, kind,
  source_time_us AS sourceTimeUs, log_time_us AS logTimeUs,
  (SELECT group_concat(cause, ' ' ORDER BY ordinal) FROM causes WHERE event = position) AS causes,
  producer, seed, key, payload, content_digest AS contentDigest, chain_digest AS chainDigest`;

// Every field by name: spreading a row of this width takes longer than reading it.
export function toEventRow(row: StoredEventRow): EventRow {
  return {
    position: row.position,
    id: row.id,
    session: row.session,
    seq: row.seq,
    type: row.type,
    version: row.version,
    kind: row.kind,
    sourceTimeUs: row.sourceTimeUs,
    logTimeUs: row.logTimeUs,
    causes: row.causes === null ? [] : row.causes.split(" ").map(Number),
    producer: row.producer,
    seed: row.seed,
    key: row.key === null ? null : toDigest(row.key),
    payload: row.payload,
    contentDigest: toDigest(row.contentDigest),
    chainDigest: toDigest(row.chainDigest),
  };
}

export type StoredLink = Pick<
  StoredEventRow,
  "position" | "session" | "seq" | "type" | "chainDigest"
>;

export const linkColumns = "position, session, seq, type, chain_digest AS chainDigest";
