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
  const forms = [
    key,
    encodeURIComponent(key),
    JSON.stringify(key).slice(1, -1),
    Buffer.from(key).toString("base64"),
  ];
  return {
    name,
    reveal: () => key,
    blotOut: (text) =>
      [...new Set(forms)].reduce((left, form) => left.replaceAll(form, blot), text),
  };
}
