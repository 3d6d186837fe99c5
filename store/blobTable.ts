import { digestBytes } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { BlobRef } from "../src/events/media.ts";
import type { BlobStore } from "../src/ports/blobStore.ts";
import type { LogTables } from "./logTables.ts";
import { promiseOf } from "./promiseOf.ts";

/** Stores bytes under their digest unless they are there. */
function storeBlob(tables: LogTables, bytes: Uint8Array, mediaType: string): BlobRef {
  const digest = digestBytes(bytes);
  if (!tables.hasBlob(digest)) {
    tables.transaction(() => {
      // Another process may have been faster since the look outside the transaction.
      if (!tables.hasBlob(digest)) tables.insertBlob(digest, mediaType, bytes);
    });
  }
  return { digest, mediaType, lengthBytes: bytes.length };
}

/** Blobs as rows beside the events, so that a log is one file. */
export function createBlobTable(tables: LogTables): BlobStore {
  return {
    put: (bytes, mediaType) => promiseOf(() => storeBlob(tables, bytes, mediaType)),
    get: (digest) =>
      promiseOf(() => {
        const bytes = tables.blob(digest);
        if (bytes === undefined) {
          throw new DreamlogError("BLOB_MISSING", `expected a blob ${digest}, found none`, {
            digest,
          });
        }
        const found = digestBytes(bytes);
        if (found !== digest) {
          throw new DreamlogError(
            "BLOB_CORRUPT",
            `blob ${digest}: its bytes have digest ${found}; the file was changed or damaged: restore it from a copy`,
            { digest, found },
          );
        }
        return bytes;
      }),
    has: (digest) => promiseOf(() => tables.hasBlob(digest)),
  };
}
