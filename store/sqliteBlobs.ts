import type Database from "better-sqlite3";
import type { Digest } from "../src/core/digest.ts";
import type { LogTables } from "./logTables.ts";
import type { BlobPlace, Segments } from "./segments.ts";
import { toBytes, toDigest } from "./sqliteRows.ts";

type BlobRows = Pick<LogTables, "insertBlob" | "insertBlobPlace" | "blob" | "hasBlob" | "blobs">;

/** Where blobs of a certain size and above go. */
export interface BlobPlacement {
  readonly segments: Segments;
  /** Blobs of this many bytes and more go to a segment file; smaller ones into the table. */
  readonly minPlacedBytes: number;
}

/** The tables `blobs` and `placed_blobs`; no digest is in both. */
export function createSqliteBlobs(
  database: Database.Database,
  { segments, minPlacedBytes }: BlobPlacement,
): BlobRows {
  const insert = database.prepare<[Buffer, string, Uint8Array]>(
    "INSERT OR FAIL INTO blobs (digest, media_type, bytes) VALUES (?, ?, ?)",
  );
  const insertPlace = database.prepare<[Buffer, string, number, number, number]>(
    `INSERT OR FAIL INTO placed_blobs (digest, media_type, segment, offset_bytes, length_bytes)
     VALUES (?, ?, ?, ?, ?)`,
  );
  const bytesOf = database
    .prepare<[Buffer], Buffer>("SELECT bytes FROM blobs WHERE digest = ?")
    .pluck();
  const placeOf = database.prepare<[Buffer], BlobPlace>(
    `SELECT segment, offset_bytes AS offsetBytes, length_bytes AS lengthBytes
     FROM placed_blobs WHERE digest = ?`,
  );
  const exists = database
    .prepare<[Buffer, Buffer], 1>(
      `SELECT 1 FROM blobs WHERE digest = ? UNION ALL SELECT 1 FROM placed_blobs WHERE digest = ?`,
    )
    .pluck();
  const after = database.prepare<
    [Buffer, Buffer, number],
    { digest: Buffer; mediaType: string; lengthBytes: number }
  >(
    `SELECT digest, media_type AS mediaType, length(bytes) AS lengthBytes
     FROM blobs WHERE digest > ?
     UNION ALL SELECT digest, media_type, length_bytes FROM placed_blobs WHERE digest > ?
     ORDER BY digest LIMIT ?`,
  );

  const insertBlobPlace = (digest: Digest, mediaType: string, place: BlobPlace) => {
    const { segment, offsetBytes, lengthBytes } = place;
    insertPlace.run(toBytes(digest), mediaType, segment, offsetBytes, lengthBytes);
  };
  return {
    insertBlob(digest, mediaType, bytes) {
      if (bytes.length < minPlacedBytes) insert.run(toBytes(digest), mediaType, bytes);
      else insertBlobPlace(digest, mediaType, segments.append(bytes));
    },
    insertBlobPlace,
    blob(digest) {
      const key = toBytes(digest);
      const bytes = bytesOf.get(key);
      if (bytes !== undefined) return bytes;
      const place = placeOf.get(key);
      return place === undefined ? undefined : segments.read(place);
    },
    hasBlob(digest) {
      const key = toBytes(digest);
      return exists.get(key, key) !== undefined;
    },
    blobs(digest, limit) {
      const key = digest === null ? Buffer.alloc(0) : toBytes(digest);
      return after.all(key, key, limit).map((row) => ({ ...row, digest: toDigest(row.digest) }));
    },
  };
}
