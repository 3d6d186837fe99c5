import { isDigest } from "../src/core/digest.ts";
import type { BlobRef } from "../src/events/media.ts";

/** Every BlobRef inside a payload. */
export function blobsNamedIn(value: unknown): readonly BlobRef[] {
  const found: BlobRef[] = [];
  collect(value, found);
  return found;
}

function collect(value: unknown, found: BlobRef[]): void {
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
  } else if (isBlobRef(value)) {
    found.push(value);
  } else {
    for (const name in value) collect(value[name as keyof typeof value], found);
  }
}

function isBlobRef(value: object): value is BlobRef {
  return (
    "mediaType" in value && "lengthBytes" in value && "digest" in value && isDigest(value.digest)
  );
}
