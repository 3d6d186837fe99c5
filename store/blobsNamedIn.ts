import { isDigest, type Digest } from "../src/core/digest.ts";

/** Digests of every BlobRef inside a payload. */
export function blobsNamedIn(value: unknown): Digest[] {
  if (Array.isArray(value)) return value.flatMap(blobsNamedIn);
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return [];
  if ("mediaType" in value && "digest" in value && isDigest(value.digest)) return [value.digest];
  return Object.values(value).flatMap(blobsNamedIn);
}
