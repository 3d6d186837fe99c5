import { digestBytes } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { BlobStore } from "../src/ports/blobStore.ts";
import type { LogTables } from "./logTables.ts";

/** Blobs as rows beside the events, so that a log is one file. */
export function createBlobTable(tables: LogTables): BlobStore {
  return {
    async put(bytes, mediaType) {
      const digest = digestBytes(bytes);
      if (!tables.hasBlob(digest)) {
        tables.transaction(() => tables.insertBlob(digest, mediaType, bytes));
      }
      return Promise.resolve({ digest, mediaType, lengthBytes: bytes.length });
    },
    async get(digest) {
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
      return Promise.resolve(bytes);
    },
    has: (digest) => Promise.resolve(tables.hasBlob(digest)),
  };
}
