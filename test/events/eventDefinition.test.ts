import { fc, test } from "@fast-check/vitest";
import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { decodePayload } from "../../src/events/codec.ts";
import { defineEvent, parsePayload } from "../../src/events/eventDefinition.ts";
import { eventDefinition, eventDefinitions } from "../../src/events/registry.ts";

/** Every version adds its number to a list. */
const grown = (version: number) =>
  defineEvent({
    type: "test.grown",
    kind: "fact",
    version,
    schema: v.strictObject({ versions: v.array(v.number()) }),
    upcasts: Array.from({ length: version - 1 }, (_, at) => (payload: unknown) => ({
      versions: [...(payload as { versions: number[] }).versions, at + 2],
    })),
  });

describe("an event's history", () => {
  test.prop([fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })])(
    "lifts a payload through every version after its own, in order",
    (stored, current) => {
      fc.pre(stored <= current);

      const { versions } = parsePayload(grown(current), { versions: [stored] }, stored);

      expect(versions).toEqual(
        Array.from({ length: current - stored + 1 }, (_, at) => stored + at),
      );
    },
  );

  test.prop([fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 })])(
    "needs one upcast for each older version",
    (version, upcastCount) => {
      fc.pre(upcastCount !== version - 1);
      const define = () =>
        defineEvent({
          type: "test.grown",
          kind: "fact",
          version,
          schema: v.strictObject({}),
          upcasts: Array.from({ length: upcastCount }, () => (payload: unknown) => payload),
        });

      expect(define).toThrow("upcasts");
    },
  );

  it.each([0, 4])("does not know version %d of an event at version 3", (version) => {
    expect(() => parsePayload(grown(3), { versions: [] }, version)).toThrow(
      expect.objectContaining({ code: "EVENT_VERSION_UNKNOWN" }),
    );
  });

  it("names the field that does not fit", () => {
    expect(() => parsePayload(grown(1), { versions: [1, "2"] })).toThrow(
      expect.objectContaining({
        code: "EVENT_INVALID",
        context: expect.objectContaining({ path: "versions.1" }) as unknown,
      }),
    );
  });
});

describe("the registry", () => {
  it("holds every type once, in order, named area.pastTense", () => {
    const types = eventDefinitions.map(({ type }) => type);

    expect(types).toEqual([...new Set(types)].sort());
    for (const type of types) expect(type).toMatch(/^[a-zA-Z]+\.[a-z][a-zA-Z]+$/);
  });

  it("names a type it does not hold", () => {
    expect(() => eventDefinition("test.grown")).toThrow(
      expect.objectContaining({ code: "EVENT_TYPE_UNKNOWN" }),
    );
  });

  // Bytes as a log of that time held them; commit them when the version is raised.
  const older = eventDefinitions.flatMap((definition) =>
    Array.from({ length: definition.version - 1 }, (_, at) => ({ definition, version: at + 1 })),
  );
  it.runIf(older.length > 0).each(older)(
    "reads version $version of $definition.type from its committed bytes",
    ({ definition, version }) => {
      const file = new URL(`./oldPayloads/${definition.type}@${version}.msgpack`, import.meta.url);
      expect(existsSync(file)).toBe(true);

      expect(() =>
        parsePayload(definition, decodePayload(readFileSync(file)), version),
      ).not.toThrow();
    },
  );
});
