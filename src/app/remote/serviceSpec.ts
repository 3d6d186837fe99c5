import { DreamlogError } from "../../core/errors.ts";
import { requireServiceUrl } from "../../remote/serviceUrl.ts";
import { invalidSpec } from "../specText.ts";

/** What every model behind a service is reached by, whatever it is asked. */
export interface ServiceSpec {
  readonly url: string;
  /** Environment variable that holds the key. */
  readonly keyVariable: string;
  readonly timeoutMs: number;
  readonly attemptsMax: number;
  readonly requestsPerMinute: number | null;
  /** Requests under way at a time, in each worker thread; one when left out. */
  readonly concurrency?: number;
}

/** Options of every service, with the values they take, for help texts. */
export const serviceOptions = {
  key: "environment variable",
  timeoutMs: "100 to 3600000",
  attempts: "1 to 20",
  requestsPerMinute: "1 to 100000",
  concurrency: "1 to 64",
} as const;

/** The options of a spec, read by name. */
export interface ServiceOptionsReader {
  readonly url: string;
  text(option: string): string | undefined;
  /** @throws {DreamlogError} `ARGUMENT_INVALID` unless it is a number of the range, ends included. */
  number(option: string, min: number, max: number): number | undefined;
  /** The same, and whole. */
  count(option: string, min: number, max: number): number | undefined;
  /** @throws {DreamlogError} `ARGUMENT_INVALID` unless it is one of them. */
  oneOf<Choice extends string>(option: string, choices: readonly Choice[]): Choice | undefined;
}

/**
 * Parses `scheme:http://host:8000/v1?option=value&option=value`.
 *
 * @param what - for error messages, such as `planner`.
 * @param known - every option there is.
 * @throws {DreamlogError} `ARGUMENT_INVALID`; no message repeats credentials in the URL.
 */
export function readServiceSpec(
  what: string,
  text: string,
  known: Readonly<Record<string, string>>,
): ServiceOptionsReader {
  const colon = text.indexOf(":");
  const shown = `${text.slice(0, colon)}:…`;
  const address = text.slice(colon + 1);
  const mark = address.indexOf("?");
  const url = requireServiceUrl(mark < 0 ? address : address.slice(0, mark));
  const options = new Map<string, string>();
  for (const [option, value] of new URLSearchParams(mark < 0 ? "" : address.slice(mark + 1))) {
    if (!(option in known) || options.has(option)) {
      const names = Object.keys(known).join(", ");
      throw invalidSpec(what, shown, `each once of ${names}`, `"${option}"`);
    }
    options.set(option, value);
  }
  const number = (option: string, min: number, max: number, isWhole: boolean) => {
    const found = options.get(option);
    if (found === undefined) return undefined;
    const value = Number(found);
    const isFit = found.trim() !== "" && value >= min && value <= max;
    if (isFit && (!isWhole || Number.isInteger(value))) return value;
    const kind = isWhole ? " in whole numbers" : "";
    throw invalidSpec(what, shown, `${option} from ${min} to ${max}${kind}`, `"${found}"`);
  };
  return {
    url,
    text: (option) => options.get(option),
    number: (option, min, max) => number(option, min, max, false),
    count: (option, min, max) => number(option, min, max, true),
    oneOf(option, choices) {
      const found = options.get(option);
      const choice = choices.find((one) => one === found);
      if (found === undefined || choice !== undefined) return choice;
      throw invalidSpec(what, shown, `${option} of ${choices.join(", ")}`, `"${found}"`);
    },
  };
}

/** @param defaults.timeoutMs - of one attempt, where the spec does not say. */
export function serviceSpecOf(
  reader: ServiceOptionsReader,
  defaults: { readonly timeoutMs: number; readonly key: string },
): ServiceSpec {
  const concurrency = reader.count("concurrency", 1, 64);
  return {
    url: reader.url,
    keyVariable: requireVariableName(reader.text("key") ?? defaults.key),
    timeoutMs: reader.number("timeoutMs", 100, 3_600_000) ?? defaults.timeoutMs,
    attemptsMax: reader.count("attempts", 1, 20) ?? 4,
    requestsPerMinute: reader.number("requestsPerMinute", 1, 100_000) ?? null,
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** A key pasted in place of the variable's name must not be stored; it rarely looks like a name. */
function requireVariableName(name: string): string {
  if (/^[A-Z][A-Z0-9_]{0,63}$/.test(name)) return name;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    "expected key= to name an environment variable in capitals, such as OPENAI_API_KEY, found something else; export the key under a name first",
  );
}
