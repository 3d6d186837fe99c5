import { sql } from "drizzle-orm";
import {
  blob,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

// Rows are only ever inserted, but for the one of `tail`; the triggers of migrations 0001, 0003 and 0005 to 0007 refuse everything else.

const digest = (name: string) => blob(name, { mode: "buffer" });

/** Producers, each stored once. */
export const producers = sqliteTable("producers", {
  number: integer("number").primaryKey(),
  digest: digest("digest").notNull().unique(),
  json: text("json").notNull(),
});

/** The session tree. A branch shares its parent's events up to the fork. */
export const sessions = sqliteTable("sessions", {
  number: integer("number").primaryKey(),
  id: text("id").notNull().unique(),
  parent: integer("parent"),
  /** Last position shared with the parent; 0 for a root. */
  forkPosition: integer("fork_position").notNull(),
  /** Seq of its first event of its own. */
  firstSeq: integer("first_seq").notNull(),
});

export const events = sqliteTable(
  "events",
  {
    position: integer("position").primaryKey(),
    id: text("id").notNull().unique(),
    session: integer("session").notNull(),
    seq: integer("seq").notNull(),
    type: text("type").notNull(),
    version: integer("version").notNull(),
    kind: text("kind").notNull(),
    sourceTimeUs: integer("source_time_us").notNull(),
    logTimeUs: integer("log_time_us").notNull(),
    producer: integer("producer").notNull(),
    seed: text("seed"),
    /** Derivation key; null on facts. */
    key: digest("key"),
    payload: blob("payload", { mode: "buffer" }).notNull(),
    contentDigest: digest("content_digest").notNull(),
    chainDigest: digest("chain_digest").notNull(),
  },
  // No index by type: who asks for a type names a session or follows the log, and it cost every append
  // a tenth of its time.
  (table) => [
    uniqueIndex("events_by_session").on(table.session, table.seq),
    // Facts and effects have no key and cost no entry.
    index("events_by_key")
      .on(table.key)
      .where(sql`key IS NOT NULL`),
  ],
);

/**
 * Runs of plain facts of one session, many events to a row: an event of a pack costs a tenth of a row
 * of `events`. The view `all_events` shows packed events and those of `events` alike.
 */
export const eventPacks = sqliteTable(
  "event_packs",
  {
    firstPosition: integer("first_position").primaryKey(),
    lastPosition: integer("last_position").notNull(),
    session: integer("session").notNull(),
    firstSeq: integer("first_seq").notNull(),
    /** JSON: all but payloads and digests, see `PackEnvelopes`. */
    envelopes: text("envelopes").notNull(),
    /** One after the other. */
    payloads: blob("payloads", { mode: "buffer" }).notNull(),
    /** 64 bytes for each event: of its content, of its link in the chain. */
    digests: blob("digests", { mode: "buffer" }).notNull(),
  },
  (table) => [
    uniqueIndex("event_packs_by_session").on(table.session, table.firstSeq),
    index("event_packs_by_session_position").on(table.session, table.firstPosition),
  ],
);

/** Finds packed events by id: runs of ids that count up, see `idRuns.ts`. */
export const packedIds = sqliteTable(
  "packed_ids",
  {
    prefix: text("prefix").notNull(),
    first: integer("first").notNull(),
    last: integer("last").notNull(),
    /** First position of the pack they are in. */
    pack: integer("pack").notNull(),
  },
  (table) => [primaryKey({ columns: [table.prefix, table.first] })],
);

/** Edges of the build graph, readable both ways. */
export const causes = sqliteTable(
  "causes",
  {
    event: integer("event").notNull(),
    ordinal: integer("ordinal").notNull(),
    cause: integer("cause").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.event, table.ordinal] }),
    index("causes_by_cause").on(table.cause),
  ],
);

/** Bytes addressed by their digest. */
export const blobs = sqliteTable("blobs", {
  digest: digest("digest").primaryKey(),
  mediaType: text("media_type").notNull(),
  bytes: blob("bytes", { mode: "buffer" }).notNull(),
});

/** Large ones, whose bytes lie in a segment file beside the log. */
export const placedBlobs = sqliteTable("placed_blobs", {
  digest: digest("digest").primaryKey(),
  mediaType: text("media_type").notNull(),
  segment: integer("segment").notNull(),
  offsetBytes: integer("offset_bytes").notNull(),
  lengthBytes: integer("length_bytes").notNull(),
});

/** One row: where the log ended at its last commit. A log that is shorter has lost its end. */
export const tail = sqliteTable("tail", {
  one: integer("one").primaryKey(),
  position: integer("position").notNull(),
  /** Of the event there; null in an empty log. */
  chainDigest: digest("chain_digest"),
});
