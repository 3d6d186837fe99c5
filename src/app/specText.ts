import { DreamlogError } from "../core/errors.ts";

/** What can follow the name of an adapter: by option, the values it takes, for error messages. */
export type AdapterOptions = Readonly<Record<string, string>>;

/**
 * Every adapter of one kind by its name: its options; or, where something else follows the name, such as
 * a URL, how the whole is written. Whoever adds an adapter adds it here: what is accepted and what an
 * error names come from the same table.
 */
export type AdapterTable<Kind extends string = string> = Readonly<
  Record<Kind, AdapterOptions | string>
>;

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
 * Planners, judges, world models and segmenters are all named in this grammar. What follows the name of
 * an adapter that is written in a way of its own is left to whoever knows that.
 *
 * @param what - for error messages, such as `judge`.
 * @param adapters - every adapter there is.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for an unknown adapter or option; no message repeats a URL,
 *   which may hold credentials.
 */
export function parseSpecText<Kind extends string>(
  what: string,
  text: string,
  adapters: AdapterTable<Kind>,
): ParsedSpec<Kind> {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const shown = text.includes("://") ? `${name}:…` : text;
  const kind = (Object.keys(adapters) as Kind[]).find((known) => known === name);
  if (kind === undefined) {
    const known = describeAdapters(adapters).join(", ");
    throw invalidSpec(what, shown, `an adapter of ${known}`, `"${name}"`);
  }
  const known: AdapterOptions | string = adapters[kind];
  if (typeof known === "string") {
    if (colon < 0) throw invalidSpec(what, text, known, "the name alone");
    return readerOf(what, shown, kind, new Map());
  }
  const options = new Map<string, string>();
  for (const part of colon < 0 ? [] : text.slice(colon + 1).split(",")) {
    const [option = "", ...value] = part.split("=");
    if (!(option in known) || value.length === 0 || options.has(option)) {
      const each = Object.entries(known).map(([one, values]) => `${one}=${values}`);
      const expected = each.length === 0 ? "no options" : `each once of ${each.join(", ")}`;
      throw invalidSpec(what, shown, expected, `"${part}"`);
    }
    options.set(option, value.join("="));
  }
  return readerOf(what, shown, kind, options);
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

/** How each adapter is written, such as `geometric[:distance=…,colourWeightM=…]`. */
export function describeAdapters(adapters: AdapterTable): string[] {
  return Object.entries(adapters).map(([kind, options]) => {
    if (typeof options === "string") return options;
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
