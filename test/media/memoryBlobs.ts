import { digestBytes, type Digest } from "../../src/core/digest.ts";
import { DreamlogError } from "../../src/core/errors.ts";
import type { BlobStore } from "../../src/ports/blobStore.ts";

/** A blob store over a map, whose stored bytes a test may damage. */
export function createMemoryBlobs(): BlobStore & { readonly stored: Map<Digest, Uint8Array> } {
  const stored = new Map<Digest, Uint8Array>();
  return {
    stored,
    put(bytes, mediaType) {
      const digest = digestBytes(bytes);
      stored.set(digest, bytes);
      return Promise.resolve({ digest, mediaType, lengthBytes: bytes.length });
    },
    get(digest) {
      const bytes = stored.get(digest);
      return bytes === undefined
        ? Promise.reject(new DreamlogError("BLOB_MISSING", `no blob ${digest}`))
        : Promise.resolve(bytes);
    },
    has: (digest) => Promise.resolve(stored.has(digest)),
  };
}
