import type { Digest } from "../core/digest.ts";
import type { BlobRef } from "../events/media.ts";

/** Bytes addressed by their content, stored once. */
export interface BlobStore {
  /** Durable when the promise resolves; storing the same bytes again is free. */
  put(bytes: Uint8Array, mediaType: string): Promise<BlobRef>;
  /**
   * @throws {DreamlogError} `BLOB_MISSING`, or `BLOB_CORRUPT` when the stored bytes do not have this
   *   digest.
   */
  get(digest: Digest): Promise<Uint8Array>;
  has(digest: Digest): Promise<boolean>;
}
