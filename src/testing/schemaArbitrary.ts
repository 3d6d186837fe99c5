import fc from "fast-check";
import type * as v from "valibot";
import { digestBytes, type Digest } from "../core/digest.ts";
import type { BlobRef } from "../events/media.ts";

/** Bytes that generated payloads name: `recordRun` puts them into the log's store. */
export const generatedBlobs: ReadonlyMap<Digest, Uint8Array> = new Map(
  Array.from({ length: 4 }, (_, at) => Uint8Array.from({ length: at + 1 }, () => at)).map(
    (bytes) => [digestBytes(bytes), bytes],
  ),
);

const arbitraryBlobRef: fc.Arbitrary<BlobRef> = fc
  .constantFrom(...generatedBlobs)
  .map(([digest, bytes]) => ({
    digest,
    mediaType: "application/octet-stream",
    lengthBytes: bytes.length,
  }));

/** Of the schemas that the log's events are made of: what this module reads of them. */
type ReadableSchema = v.GenericSchema & {
  readonly type: string;
  readonly entries?: Readonly<Record<string, ReadableSchema>>;
  readonly item?: ReadableSchema;
  readonly wrapped?: ReadableSchema;
  /** Values of a picklist, schemas of a union. */
  readonly options?: readonly (string | number | ReadableSchema)[];
  readonly message?: string;
  /** Checks on top of a schema, which may have its own. */
  readonly pipe?: readonly PipeItem[];
};

interface PipeItem {
  readonly type: string;
  readonly requirement?: unknown;
  readonly pipe?: readonly PipeItem[];
}

const arrayLengthMax = 4;
const countMax = 1000;

/**
 * Values that a schema takes, for the kinds of schema that events are made of. Small ones first, so
 * that failures shrink to payloads that can be read.
 *
 * @throws when an event uses a kind of schema that is not known here.
 */
export function schemaArbitrary(schema: v.GenericSchema): fc.Arbitrary<unknown> {
  const readable = schema as ReadableSchema;
  switch (readable.type) {
    case "strict_object":
      return objectArbitrary(readable.entries!);
    case "picklist":
      return fc.constantFrom(...readable.options!);
    case "union":
      return fc.oneof(...(readable.options as ReadableSchema[]).map(schemaArbitrary));
    case "nullable":
      return fc.option(schemaArbitrary(readable.wrapped!), { nil: null });
    case "array":
      return arrayArbitrary(readable);
    case "string":
      return stringArbitrary(readable);
    case "number":
      return numberArbitrary(readable);
    case "boolean":
      return fc.boolean();
    case "custom":
      return customArbitrary(readable.message ?? "");
    default:
      throw new Error(`no arbitrary for schemas of type ${readable.type}: add one here`);
  }
}

function objectArbitrary(entries: Readonly<Record<string, ReadableSchema>>): fc.Arbitrary<unknown> {
  // A reference into the blob store must name bytes that are there.
  if ("digest" in entries && "mediaType" in entries) return arbitraryBlobRef;
  return fc.record(
    Object.fromEntries(
      Object.entries(entries).map(([name, inner]) => [name, schemaArbitrary(inner)]),
    ),
  );
}

function stringArbitrary(schema: ReadableSchema): fc.Arbitrary<string> {
  const minLength = requirementOf(schema, "min_length") ?? 0;
  return fc.string({ minLength, maxLength: Math.max(8, minLength) });
}

function arrayArbitrary(schema: ReadableSchema): fc.Arbitrary<unknown> {
  const length = requirementOf(schema, "length");
  const minLength = length ?? requirementOf(schema, "min_length") ?? 0;
  const atMost = requirementOf(schema, "max_length") ?? Math.max(arrayLengthMax, minLength);
  return fc.array(schemaArbitrary(schema.item!), { minLength, maxLength: length ?? atMost });
}

function numberArbitrary(schema: ReadableSchema): fc.Arbitrary<number> {
  const isWhole = checksOf(schema.pipe).some(
    ({ type }) => type === "safe_integer" || type === "integer",
  );
  const min = requirementOf(schema, "min_value") ?? -countMax;
  const max = requirementOf(schema, "max_value") ?? Math.max(min, 0) + countMax;
  // Quarters are exact in every float format, and −0 is not among them.
  return isWhole
    ? fc.integer({ min, max })
    : fc
        .integer({ min: Math.ceil(4 * min), max: Math.floor(4 * max) })
        .map((quarters) => quarters / 4 + 0);
}

/** The bound that a check sets; the strictest is the last, for pipes only narrow. */
function requirementOf(schema: ReadableSchema, type: string): number | undefined {
  return checksOf(schema.pipe).findLast((check) => check.type === type)?.requirement as
    number | undefined;
}

function checksOf(pipe: readonly PipeItem[] = []): readonly PipeItem[] {
  return pipe.flatMap((item) => (item.pipe === undefined ? [item] : checksOf(item.pipe)));
}

/** Custom schemas are told apart by the message that says what they expect. */
function customArbitrary(message: string): fc.Arbitrary<unknown> {
  const numbers = fc.array(fc.nat(countMax), { maxLength: 4 });
  if (message.includes("Float32Array")) return numbers.map((values) => Float32Array.from(values));
  if (message.includes("Float64Array")) return numbers.map((values) => Float64Array.from(values));
  if (message.includes("Uint32Array")) return numbers.map((values) => Uint32Array.from(values));
  if (message.includes("hex")) return fc.nat(countMax).map((seed) => digestBytes(String(seed)));
  throw new Error(`no arbitrary for a custom schema that says "${message}": add one here`);
}
