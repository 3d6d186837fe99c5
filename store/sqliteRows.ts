import type { Digest } from "../src/core/digest.ts";
import type { EventKind } from "../src/events/eventDefinition.ts";
import type { EventLink, EventRow } from "./logTables.ts";

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

/** An event as SQLite hands it out: an array, for an object of this width takes longer to make. */
export type StoredEventRow = readonly [
  position: number,
  id: string,
  session: number,
  seq: number,
  type: string,
  version: number,
  kind: EventKind,
  sourceTimeUs: number,
  logTimeUs: number,
  /** Positions in a text, blanks between them; null for none. */
  causes: string | null,
  producer: number,
  seed: string | null,
  key: Buffer | null,
  payload: Buffer,
  contentDigest: Buffer,
  chainDigest: Buffer,
];

// The causes come with their event: a statement of their own for each event took half of the reading.
export const eventColumns = `position, id, session, seq, type, version, kind,
  source_time_us, log_time_us,
  (SELECT group_concat(cause, ' ' ORDER BY ordinal) FROM causes WHERE event = position),
  producer, seed, key, payload, content_digest, chain_digest`;

export function toEventRow(row: StoredEventRow): EventRow {
  const causes = row[9];
  const key = row[12];
  return {
    position: row[0],
    id: row[1],
    session: row[2],
    seq: row[3],
    type: row[4],
    version: row[5],
    kind: row[6],
    sourceTimeUs: row[7],
    logTimeUs: row[8],
    causes: causes === null ? [] : causes.split(" ").map(Number),
    producer: row[10],
    seed: row[11],
    key: key === null ? null : toDigest(key),
    payload: row[13],
    contentDigest: toDigest(row[14]),
    chainDigest: toDigest(row[15]),
  };
}

export type StoredLink = Omit<EventLink, "chainDigest"> & { readonly chainDigest: Buffer };

export const linkColumns = "position, session, seq, type, chain_digest AS chainDigest";

export function toLink(link: StoredLink): EventLink {
  return { ...link, chainDigest: toDigest(link.chainDigest) };
}
