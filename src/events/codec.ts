import { Packr } from "msgpackr";
import { digestBytes, type Digest } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import { PlainEncoder } from "./encodePlain.ts";

// Records would make the bytes depend on what was encoded before; moreTypes keeps typed arrays typed.
const packr = new Packr({ useRecords: false, moreTypes: true });
const plainEncoder = new PlainEncoder();

/** A key that msgpackr renames on the way back, so that what is read is not what was written. */
const unreadableKey = "__proto__";
const unreadableKeyBytes = Buffer.from(unreadableKey);

/**
 * Msgpack bytes of a parsed payload. Encode what the schema returned, never the caller's object: key
 * order changes bytes.
 *
 * @returns a view of a larger buffer, which msgpackr writes on behind it and never over it; copy the
 *   bytes before handing their buffer to another thread.
 * @throws {DreamlogError} `EVENT_INVALID` when an object in it has the key `__proto__`.
 */
export function encodePayload(payload: unknown): Uint8Array {
  const plain = plainEncoder.encode(payload);
  if (plain !== undefined) return plain;
  const bytes = packr.pack(payload);
  // Where the bytes do not hold it, no key is it: most payloads are not walked.
  if (bytes.includes(unreadableKeyBytes)) refuseUnreadableKey(payload, "(root)");
  return bytes;
}

function refuseUnreadableKey(value: unknown, path: string): void {
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === unreadableKey) {
      throw new DreamlogError(
        "EVENT_INVALID",
        `expected keys that can be read back, found ${unreadableKey} in ${path} of a payload; give it another name`,
        { path, key },
      );
    }
    refuseUnreadableKey(inner, `${path}.${key}`);
  }
}

/** @throws {DreamlogError} `EVENT_INVALID` for bytes that are no msgpack, or end early. */
export function decodePayload(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new DreamlogError(
      "EVENT_INVALID",
      `expected a msgpack payload, found ${bytes.length} bytes of which the decoder says: ${String(cause)}; restore the log from a copy`,
      { lengthBytes: bytes.length },
      cause,
    );
  }
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
  for (const name in value) {
    const inner: unknown = value[name as keyof typeof value];
    const replacement = withoutEncodings(inner);
    if (replacement !== inner) (reduced ??= { ...value })[name] = replacement;
  }
  return reduced ?? value;
}
