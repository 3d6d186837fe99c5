import { fc, test } from "@fast-check/vitest";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { Count, Finite, Float32Schema } from "../../src/events/media.ts";
import { notPlain, plainParserOf } from "../../src/events/parsePlain.ts";
import { eventDefinitions } from "../../src/events/registry.ts";

const schema = v.strictObject({
  name: v.string(),
  count: v.pipe(Count, v.minValue(1)),
  size: Finite,
  isOpen: v.boolean(),
  kind: v.picklist(["a", "b", 0.5]),
  corners: v.pipe(v.array(Finite), v.length(2)),
  parts: v.pipe(v.array(v.strictObject({ x: v.nullable(v.number()) })), v.minLength(1)),
  samples: Float32Schema,
});

/** Values of each field: mostly valid ones, and odd ones. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, NaN, -0, Infinity, 2 ** 53, "", [], {}, [undefined]),
  fc.anything({ maxDepth: 2 }),
);
const or = <Value>(valid: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 12, arbitrary: valid }, { weight: 1, arbitrary: odd });
const part = fc.record({ x: or(fc.option(fc.double())) });
const fields = {
  name: or(fc.string()),
  count: or(fc.nat()),
  size: or(fc.double({ noNaN: true, noDefaultInfinity: true })),
  isOpen: or(fc.boolean()),
  kind: or(fc.constantFrom("a", "b", 0.5)),
  corners: or(fc.tuple(fc.integer(), fc.constantFrom(0, -0))),
  parts: or(fc.array(or(part), { maxLength: 3 })),
  samples: or(fc.float32Array()),
};
const values = fc.oneof(
  fc.record(fields),
  fc.record(fields, { requiredKeys: [] }),
  fc.record({ ...fields, more: fc.anything() }),
  // The same keys in another order.
  fc.record(Object.fromEntries(Object.entries(fields).reverse())),
  odd,
);

describe("the plain parser", () => {
  test.prop([values], { numRuns: 400 })("answers what valibot does, or nothing", (value) => {
    const expected = v.safeParse(schema, value);
    const found = plainParserOf(schema)(value);

    if (!expected.success) expect(found).toBe(notPlain);
    else {
      expect(found).toStrictEqual(expected.output);
      expect(JSON.stringify(found)).toBe(JSON.stringify(expected.output));
    }
  });

  it("leaves what it does not know to valibot", () => {
    for (const unknown of [v.optional(v.string()), v.date(), v.pipe(v.string(), v.email())])
      expect(plainParserOf(unknown)("x@y.zz")).toBe(notPlain);
  });

  it("takes nothing for valid that is no object", () => {
    for (const { schema: payload } of eventDefinitions)
      for (const value of [undefined, null, 1, "x", {}])
        expect(plainParserOf(payload)(value)).toBe(notPlain);
  });
});
