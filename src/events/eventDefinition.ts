import * as v from "valibot";
import { DreamlogError } from "../core/errors.ts";
import { notPlain, plainParserOf } from "./parsePlain.ts";

/**
 * How an event came to be, and so what replay does with it.
 * - `fact`: came from outside (a frame, a robot state, a human label); read, never recomputed.
 * - `effect`: the answer of something that is not a function (a remote model); answered from the log.
 * - `derived`: a pure function of the events it names; recomputed and compared.
 */
export const eventKinds = ["fact", "effect", "derived"] as const;
export type EventKind = (typeof eventKinds)[number];

/** Turns the payload of one version into the payload of the next. */
export type Upcast = (payload: unknown) => unknown;

/** One type of event: its name, history and the shape of its payload. */
export interface EventDefinition<
  Type extends string = string,
  Schema extends v.GenericSchema = v.GenericSchema,
> {
  readonly type: Type;
  readonly version: number;
  readonly kind: EventKind;
  readonly schema: Schema;
  readonly upcasts: readonly Upcast[];
}

export type PayloadOf<Definition> =
  Definition extends EventDefinition<string, infer Schema> ? v.InferOutput<Schema> : never;

/**
 * Defines an event. `upcasts[i]` lifts a payload of version i + 1 to version i + 2, so there is one
 * fewer than the version.
 */
export function defineEvent<const Type extends string, Schema extends v.GenericSchema>(definition: {
  readonly type: Type;
  readonly kind: EventKind;
  readonly schema: Schema;
  readonly version?: number;
  readonly upcasts?: readonly Upcast[];
}): EventDefinition<Type, Schema> {
  const { version = 1, upcasts = [] } = definition;
  if (upcasts.length !== version - 1) {
    throw new Error(
      `event ${definition.type} is at version ${String(version)} and needs ${String(version - 1)} upcasts, found ${String(upcasts.length)}`,
    );
  }
  return {
    type: definition.type,
    version,
    kind: definition.kind,
    schema: definition.schema,
    upcasts,
  };
}

/**
 * Upcasts a stored payload to the current version and parses it.
 *
 * @throws {DreamlogError} `EVENT_VERSION_UNKNOWN` for a version this program does not know,
 *   `EVENT_INVALID` when the payload does not fit the schema.
 */
export function parsePayload<Definition extends EventDefinition>(
  definition: Definition,
  payload: unknown,
  version: number = definition.version,
): PayloadOf<Definition> {
  if (version < 1 || version > definition.version) {
    throw new DreamlogError(
      "EVENT_VERSION_UNKNOWN",
      `expected version 1 to ${String(definition.version)} of ${definition.type}, found ${String(version)}; a newer dreamlog wrote this log: upgrade`,
      { type: definition.type, version, known: definition.version },
    );
  }
  let current = payload;
  for (let from = version; from < definition.version; from++)
    current = definition.upcasts[from - 1]!(current);
  const plain = plainParserOf(definition.schema)(current);
  if (plain !== notPlain) return plain as PayloadOf<Definition>;
  const result = v.safeParse(definition.schema, current);
  if (result.success) return result.output as PayloadOf<Definition>;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? "(root)";
  throw new DreamlogError(
    "EVENT_INVALID",
    `${definition.type}: ${path}: expected ${issue.expected ?? "a valid value"}, found ${issue.received}`,
    { type: definition.type, path, issue: issue.message },
  );
}
