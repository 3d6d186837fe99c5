import { DreamlogError } from "../core/errors.ts";

const blot = "[key]";
/** A shorter one would blot out ordinary words, and is no key. */
const keyLengthMin = 8;

/** A key that a service asks for. It stays in here: nothing prints or stores it. */
export interface Secret {
  /** Name of the environment variable it came from. */
  readonly name: string;
  /** For the request's header only. */
  reveal(): string;
  /** @returns the text without the key, in whatever common encoding it stands there. */
  blotOut(text: string): string;
  /** The same of bytes of any kind, which are handed back as they are where the key is not in them. */
  blotOutBytes(bytes: Uint8Array): Uint8Array;
}

/**
 * Reads a key from the environment.
 *
 * @returns null when the variable is not set: many servers of one's own ask for none.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a key that is too short or cannot stand in a header;
 *   the error does not hold it.
 */
export function readSecret(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Secret | null {
  const key = environment[name]?.trim();
  if (key === undefined || key === "") return null;
  if (key.length < keyLengthMin || !/^[\x21-\x7e]+$/.test(key)) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a key of at least ${keyLengthMin} visible ASCII characters in ${name}, found ${key.length} of them or others; set it anew`,
      { name },
    );
  }
  const forms = formsOf(key);
  const blotOut = (text: string) => forms.reduce((left, form) => left.replaceAll(form, blot), text);
  return {
    name,
    reveal: () => key,
    blotOut,
    blotOutBytes(bytes) {
      const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (!forms.some((form) => content.includes(form, 0, "latin1"))) return bytes;
      return Buffer.from(blotOut(content.toString("latin1")), "latin1");
    },
  };
}

/** How programs write a key that they were sent; the longest first, for one may hold another. */
function formsOf(key: string): readonly string[] {
  const json = JSON.stringify(key).slice(1, -1);
  const bytes = Buffer.from(key);
  const forms = [
    key,
    encodeURIComponent(key),
    json,
    json.replaceAll("/", "\\/"),
    json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
    bytes.toString("hex"),
    bytes.toString("base64"),
    ...[0, 1, 2].map((before) => insideOfBase64(bytes, before)),
  ];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/**
 * The characters of a text in base64 that are made of the key alone.
 *
 * @param before - bytes in front of the key, modulo 3: "Bearer " and the like.
 */
function insideOfBase64(key: Uint8Array, before: number): string {
  const text = Buffer.concat([new Uint8Array(before), key]).toString("base64");
  const wholeBits = 8 * (before + key.length);
  return text.slice(Math.ceil((8 * before) / 6), Math.floor(wholeBits / 6));
}
