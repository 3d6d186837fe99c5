import { setImmediate } from "node:timers/promises";
import { digestBytes, type Digest } from "../src/core/digest.ts";
import type { BlobRef } from "../src/events/media.ts";
import type { LogTables } from "./logTables.ts";
import type { BlobPlace, Segments } from "./segments.ts";

/** A blob with its digest, whose bytes lie in a segment file already if it is a large one. */
export interface StagedBlob {
  readonly ref: BlobRef;
  readonly bytes: Uint8Array;
  /** Null for bytes that go into the table, and for those that the log holds. */
  readonly place: BlobPlace | null;
}

/**
 * Digests blobs and writes the large ones to a segment file: while one is written the next is
 * digested. Returns when all of them are on the disk, so that rows may name them.
 */
export async function stageBlobs(
  blobs: readonly { readonly bytes: Uint8Array; readonly mediaType: string }[],
  log: {
    readonly tables: Pick<LogTables, "hasBlob">;
    readonly segments: Segments;
    readonly minPlacedBytes: number;
  },
): Promise<readonly StagedBlob[]> {
  const placed = new Set<Digest>();
  const staged: StagedBlob[] = [];
  for (const { bytes, mediaType } of blobs) {
    const ref = { digest: digestBytes(bytes), mediaType, lengthBytes: bytes.length };
    const isPlaced =
      bytes.length >= log.minPlacedBytes &&
      !placed.has(ref.digest) &&
      !log.tables.hasBlob(ref.digest);
    if (!isPlaced) {
      staged.push({ ref, bytes, place: null });
      continue;
    }
    placed.add(ref.digest);
    staged.push({ ref, bytes, place: log.segments.appendAsync(bytes) });
    // What was written meanwhile is heard of now, and goes on to the disk.
    await setImmediate();
  }
  await log.segments.settle();
  return staged;
}

/** Inserts the row of a staged blob, inside a transaction. */
export function storeStaged(tables: LogTables, { ref, bytes, place }: StagedBlob): BlobRef {
  // Another process may have been faster; what lies in the segment is then named by no row.
  if (tables.hasBlob(ref.digest)) return ref;
  if (place === null) tables.insertBlob(ref.digest, ref.mediaType, bytes);
  else tables.insertBlobPlace(ref.digest, ref.mediaType, place);
  return ref;
}
