import { hash } from "node:crypto";

/** SHA-256 in lower-case hex: 64 characters. */
export type Digest = string & { readonly __brand: "Digest" };

const digestPattern = /^[0-9a-f]{64}$/;

export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && digestPattern.test(value);
}

/** @returns SHA-256 of `bytes`; one-shot, which is the fastest form for small inputs. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return hash("sha256", bytes) as Digest;
}

/** One of several things that are digested together. */
export type Field = string | number | null;

/**
 * Digest of a sequence of fields. Each field is preceded by its length, so no two different
 * sequences share an encoding; `null` differs from the empty string.
 */
export function digestFields(fields: readonly Field[]): Digest {
  let text = "";
  for (const field of fields) text += fieldText(field);
  return hash("sha256", text) as Digest;
}

/** What `digestFields` digests of one field: its length, itself, and a semicolon. */
export function fieldText(field: Field): string {
  if (field === null) return "-;";
  const value = String(field);
  return `${String(value.length)}:${value};`;
}
