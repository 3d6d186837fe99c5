import { DreamlogError } from "../core/errors.ts";

/** What can follow the name of an adapter: by option, the values it takes, for error messages. */
export type AdapterOptions = Readonly<Record<string, string>>;

/** An adapter with its settings as a command line names them. */
export interface ParsedSpec<Kind extends string> {
  readonly kind: Kind;
  /** The option's text, or undefined when it was left out. */
  text(option: string): string | undefined;
  /** @throws {DreamlogError} `ARGUMENT_INVALID` when the option was left out. */
  required(option: string): string;
  /** @throws {DreamlogError} `ARGUMENT_INVALID` unless it is a number of the range, ends included. */
  number(
    option: string,
    range: { readonly min: number; readonly max: number; readonly isWhole?: true },
  ): number | undefined;
  /** @throws {DreamlogError} `ARGUMENT_INVALID` unless it is one of them. */
  oneOf<Choice extends string>(option: string, choices: readonly Choice[]): Choice | undefined;
}

/**
 * Parses `adapter` or `adapter:option=value,option=value`, such as `geometric:distance=hausdorff`.
 * Planners, judges and world models are all named in this grammar.
 *
 * @param what - for error messages, such as `judge`.
 * @param adapters - every adapter there is, with its options.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for an unknown adapter or option.
 */
export function parseSpecText<Kind extends string>(
  what: string,
  text: string,
  adapters: Readonly<Record<Kind, AdapterOptions>>,
): ParsedSpec<Kind> {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const kind = (Object.keys(adapters) as Kind[]).find((known) => known === name);
  if (kind === undefined) {
    const known = describeAdapters(adapters).join(", ");
    throw invalidSpec(what, text, `an adapter of ${known}`, `"${name}"`);
  }
  const options = new Map<string, string>();
  for (const part of colon < 0 ? [] : text.slice(colon + 1).split(",")) {
    const [option = "", ...value] = part.split("=");
    if (!(option in adapters[kind]) || value.length === 0 || options.has(option)) {
      const known = Object.entries(adapters[kind]).map(([one, values]) => `${one}=${values}`);
      const expected = known.length === 0 ? "no options" : `each once of ${known.join(", ")}`;
      throw invalidSpec(what, text, expected, `"${part}"`);
    }
    options.set(option, value.join("="));
  }
  return readerOf(what, text, kind, options);
}

function readerOf<Kind extends string>(
  what: string,
  text: string,
  kind: Kind,
  options: ReadonlyMap<string, string>,
): ParsedSpec<Kind> {
  return {
    kind,
    text: (option) => options.get(option),
    required(option) {
      const value = options.get(option);
      if (value !== undefined) return value;
      throw invalidSpec(what, text, `${kind}:${option}=…`, "none");
    },
    number(option, { min, max, isWhole = false }) {
      const value = options.get(option);
      if (value === undefined) return undefined;
      const number = Number(value);
      const isFit = value.trim() !== "" && number >= min && number <= max;
      if (isFit && (!isWhole || Number.isInteger(number))) return number;
      const expected = `${option} as a ${isWhole ? "whole " : ""}number from ${min} to ${max}`;
      throw invalidSpec(what, text, expected, `"${value}"`);
    },
    oneOf(option, choices) {
      const value = options.get(option);
      if (value === undefined) return undefined;
      const choice = choices.find((known) => known === value);
      if (choice !== undefined) return choice;
      throw invalidSpec(what, text, `${option} of ${choices.join(", ")}`, `"${value}"`);
    },
  };
}

/** One line an adapter, such as `geometric[:distance=…,colourWeightM=…]`. */
export function describeAdapters(adapters: Readonly<Record<string, AdapterOptions>>): string[] {
  return Object.entries(adapters).map(([kind, options]) => {
    const names = Object.keys(options).map((option) => `${option}=…`);
    return names.length === 0 ? kind : `${kind}[:${names.join(",")}]`;
  });
}

export function invalidSpec(
  what: string,
  text: string,
  expected: string,
  found: string,
): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `${what} "${text}": expected ${expected}, found ${found}`,
    { what, text },
  );
}
