import { DreamlogError } from "../core/errors.ts";

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function requireServiceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isFit =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  if (isFit) return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  // What stands before an @ may be a password.
  const shown = text.replace(/\/\/[^/]*@/, "//…@").split(/[?#]/)[0]!;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected the http or https URL of a service, without credentials, found "${shown}"; keys belong in an environment variable`,
    { url: shown },
  );
}
