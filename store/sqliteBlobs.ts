import type Database from "better-sqlite3";
import type { LogTables } from "./logTables.ts";
import { toBytes, toDigest } from "./sqliteRows.ts";

type BlobRows = Pick<LogTables, "insertBlob" | "blob" | "hasBlob" | "blobs">;

/** The table `blobs`. */
export function createSqliteBlobs(database: Database.Database): BlobRows {
  const insert = database.prepare<[Buffer, string, Uint8Array]>(
    "INSERT OR FAIL INTO blobs (digest, media_type, bytes) VALUES (?, ?, ?)",
  );
  const bytesOf = database
    .prepare<[Buffer], Buffer>("SELECT bytes FROM blobs WHERE digest = ?")
    .pluck();
  const exists = database.prepare<[Buffer], 1>("SELECT 1 FROM blobs WHERE digest = ?").pluck();
  const after = database.prepare<
    [Buffer, number],
    { digest: Buffer; mediaType: string; lengthBytes: number }
  >(
    `SELECT digest, media_type AS mediaType, length(bytes) AS lengthBytes
     FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?`,
  );
  return {
    insertBlob: (digest, mediaType, bytes) => void insert.run(toBytes(digest), mediaType, bytes),
    blob: (digest) => bytesOf.get(toBytes(digest)),
    hasBlob: (digest) => exists.get(toBytes(digest)) !== undefined,
    blobs: (digest, limit) =>
      after
        .all(digest === null ? Buffer.alloc(0) : toBytes(digest), limit)
        .map((row) => ({ ...row, digest: toDigest(row.digest) })),
  };
}
