import { Packr } from "msgpackr";
import { digestBytes, type Digest } from "../core/digest.ts";

// Records would make the bytes depend on what was encoded before; moreTypes keeps typed arrays typed.
const packr = new Packr({ useRecords: false, moreTypes: true });

/**
 * Msgpack bytes of a parsed payload. Encode what the schema returned, never the caller's object: key
 * order changes bytes.
 *
 * @returns a view of a larger buffer, which msgpackr writes on behind it and never over it; copy the
 *   bytes before handing their buffer to another thread.
 */
export function encodePayload(payload: unknown): Uint8Array {
  return packr.pack(payload);
}

export function decodePayload(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}

/**
 * What an event says, whatever its media were encoded with: digest of the payload's bytes with each
 * MediaRef reduced to its decoded digest and size.
 *
 * @param bytes - the payload's own encoding, digested as it is when it holds no media.
 * @param bytesDigest - of `bytes`, where the caller has it.
 */
export function contentDigestOf(payload: unknown, bytes: Uint8Array, bytesDigest?: Digest): Digest {
  const reduced = withoutEncodings(payload);
  return reduced === payload
    ? (bytesDigest ?? digestBytes(bytes))
    : digestBytes(encodePayload(reduced));
}

/** @returns the same object when nothing inside it is media. */
function withoutEncodings(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutEncodings);
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if ("decoded" in value && "blob" in value) {
    const { blob: _encoded, ...content } = value;
    return content;
  }
  let reduced: Record<string, unknown> | undefined;
  for (const [name, inner] of Object.entries(value)) {
    const replacement = withoutEncodings(inner);
    if (replacement !== inner) (reduced ??= { ...value })[name] = replacement;
  }
  return reduced ?? value;
}
