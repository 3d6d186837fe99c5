import type Database from "better-sqlite3";
import { unlinkSync } from "node:fs";
import type { Digest } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import { Sqlite } from "../src/sqlite/sqlite.ts";
import { segmentPath, Segments, type BlobPlace } from "./segments.ts";
import { translateSqliteError } from "./sqliteErrors.ts";
import { toBytes } from "./sqliteRows.ts";

/** What keeps anybody else from changing these tables; put back within the same transaction. */
const refusals = ["blobs_never_vanish", "placed_blobs_never_vanish", "placed_blobs_never_change"];

interface PlacedRow extends BlobPlace {
  readonly digest: Buffer;
}

/** A blob that stays while its segment file goes, and where it lies from now on. */
interface Move {
  readonly digest: Buffer;
  readonly place: BlobPlace;
}

/**
 * Takes blobs out of a log's file and out of its segment files, and gives the space back. The one
 * place where anything leaves a log: whoever calls it has told so in the log before.
 *
 * Segment files that held some of them are written anew without them. Nobody else may be writing.
 *
 * @throws {DreamlogError} `BLOB_MISSING` when a blob that stays has no bytes; `DISK_FULL`, `LOG_BUSY`.
 *   Nothing is dropped then.
 */
export function dropBlobs(path: string, digests: readonly Digest[]): void {
  const database = new Sqlite(path);
  const segments = new Segments(path);
  try {
    const dropped = new Set<string>(digests);
    const hurt = hurtSegments(database, dropped);
    const moves = moveAway(database, segments, hurt, dropped);
    // The copies are on the disk before a row names them, and the old files go after the commit.
    segments.sync();
    changeRows(database, digests, moves);
    for (const segment of hurt) unlinkSync(segmentPath(path, segment));
    database.exec("VACUUM");
    database.pragma("wal_checkpoint(TRUNCATE)");
  } catch (error) {
    throw translateSqliteError(error, path);
  } finally {
    segments.close();
    database.close();
  }
}

function placedRows(database: Database.Database): readonly PlacedRow[] {
  return database
    .prepare<[], PlacedRow>(
      `SELECT digest, segment, offset_bytes AS offsetBytes, length_bytes AS lengthBytes
       FROM placed_blobs ORDER BY segment, offset_bytes`,
    )
    .all();
}

function hurtSegments(
  database: Database.Database,
  dropped: ReadonlySet<string>,
): ReadonlySet<number> {
  return new Set(
    placedRows(database)
      .filter(({ digest }) => dropped.has(digest.toString("hex")))
      .map(({ segment }) => segment),
  );
}

function moveAway(
  database: Database.Database,
  segments: Segments,
  hurt: ReadonlySet<number>,
  dropped: ReadonlySet<string>,
): readonly Move[] {
  return placedRows(database)
    .filter(({ digest, segment }) => hurt.has(segment) && !dropped.has(digest.toString("hex")))
    .map(({ digest, ...place }) => {
      const bytes = segments.read(place);
      if (bytes === undefined) throw missing(digest, place);
      return { digest, place: segments.append(bytes) };
    });
}

function changeRows(
  database: Database.Database,
  digests: readonly Digest[],
  moves: readonly Move[],
): void {
  const change = () => {
    const sqlOf = database
      .prepare<[string], string>("SELECT sql FROM sqlite_schema WHERE name = ?")
      .pluck();
    const restore = refusals.map((name) => sqlOf.get(name)!);
    for (const name of refusals) database.exec(`DROP TRIGGER ${name}`);
    const drops = ["blobs", "placed_blobs"].map((table) =>
      database.prepare<[Buffer]>(`DELETE FROM ${table} WHERE digest = ?`),
    );
    for (const digest of digests) for (const drop of drops) drop.run(toBytes(digest));
    const move = database.prepare<[number, number, Buffer]>(
      "UPDATE placed_blobs SET segment = ?, offset_bytes = ? WHERE digest = ?",
    );
    for (const { digest, place } of moves) move.run(place.segment, place.offsetBytes, digest);
    for (const sql of restore) database.exec(sql);
  };
  database.transaction(change).immediate();
}

function missing(digest: Buffer, { segment }: BlobPlace): DreamlogError {
  return new DreamlogError(
    "BLOB_MISSING",
    `expected the bytes of blob ${digest.toString("hex")} in segment file ${segment}, found none; "dreamlog log verify" tells what is gone: restore it from a copy before pruning`,
    { digest: digest.toString("hex"), segment },
  );
}
