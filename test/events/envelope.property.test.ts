import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { digestBytes, digestFields } from "../../src/core/digest.ts";
import {
  canonicalJson,
  derivationKey,
  producerDigest,
  type Producer,
} from "../../src/events/envelope.ts";

const digests = fc.nat(5).map((seed) => digestBytes(String(seed)));
const producers: fc.Arbitrary<Producer> = fc.record({
  component: fc.constantFrom("a", "b"),
  version: fc.integer({ min: 1, max: 2 }),
  config: fc.dictionary(fc.constantFrom("x", "y"), fc.nat(2)),
  model: fc.option(digests),
  fingerprint: fc.option(fc.constantFrom("cpu 1", "cpu 2")),
});
const derivations = fc.record({
  type: fc.constantFrom("s.t", "s.u"),
  version: fc.integer({ min: 1, max: 2 }),
  producer: producers,
  causes: fc.array(fc.record({ contentDigest: digests }), { maxLength: 3 }),
  seed: fc.option(fc.constantFrom("", "0", "1")),
});

/** The same value with the keys of every object in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, reversed(inner)] as const);
  return Object.fromEntries(entries.reverse());
}

describe("digests of fields", () => {
  const fields = fc.array(fc.option(fc.string({ maxLength: 3 })), { maxLength: 4 });
  test.prop([fields, fields])("are equal exactly when the fields are", (one, other) => {
    const areEqual = JSON.stringify(one) === JSON.stringify(other);

    expect(digestFields(one) === digestFields(other)).toBe(areEqual);
  });
});

describe("canonical JSON", () => {
  test.prop([fc.jsonValue()])(
    "does not depend on the order of keys, and loses nothing",
    (value) => {
      const text = canonicalJson(value);

      expect(canonicalJson(reversed(JSON.parse(text)))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    },
  );
});

describe("the derivation key", () => {
  test.prop([derivations, derivations])("is equal exactly when everything is", (one, other) => {
    const areEqual = canonicalJson(one) === canonicalJson(other);

    expect(derivationKey(one) === derivationKey(other)).toBe(areEqual);
  });

  test.prop([producers, producers])("tells producers apart by every field", (one, other) => {
    const areEqual = canonicalJson(one) === canonicalJson(other);

    expect(producerDigest(one) === producerDigest(other)).toBe(areEqual);
  });
});
