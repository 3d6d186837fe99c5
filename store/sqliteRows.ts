import type { Digest } from "../src/core/digest.ts";
import type { EventRow } from "./logTables.ts";

// Digests are hex in the program and 32 bytes in the file.

export function toBytes(digest: Digest): Buffer {
  return Buffer.from(digest, "hex");
}

export function toDigest(bytes: Buffer): Digest {
  return bytes.toString("hex") as Digest;
}

/** An event as SQLite hands it out. */
export interface StoredEventRow extends Omit<
  EventRow,
  "key" | "payload" | "contentDigest" | "chainDigest"
> {
  readonly key: Buffer | null;
  readonly payload: Buffer;
  readonly contentDigest: Buffer;
  readonly chainDigest: Buffer;
}

export const eventColumns = `position, id, session, seq, type, version, kind,
  source_time_us AS sourceTimeUs, log_time_us AS logTimeUs, producer, seed, key, payload,
  content_digest AS contentDigest, chain_digest AS chainDigest`;

export function toEventRow(row: StoredEventRow): EventRow {
  return {
    ...row,
    key: row.key === null ? null : toDigest(row.key),
    contentDigest: toDigest(row.contentDigest),
    chainDigest: toDigest(row.chainDigest),
  };
}

export type StoredLink = Pick<
  StoredEventRow,
  "position" | "session" | "seq" | "type" | "chainDigest"
>;

export const linkColumns = "position, session, seq, type, chain_digest AS chainDigest";
