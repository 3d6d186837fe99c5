import { fc, test } from "@fast-check/vitest";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { PlainEncoder } from "../../src/events/encodePlain.ts";

const packr = new Packr({ useRecords: false, moreTypes: true });
const msgpackOf = (payload: unknown) => Buffer.from(packr.pack(payload)).toString("hex");
const plainOf = (encoder: PlainEncoder, payload: unknown) => {
  const bytes = encoder.encode(payload);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
};

const letters = fc.string({ maxLength: 63, unit: "binary-ascii" });
/** Numbers on both sides of each limit at which msgpack takes another width. */
const numbers = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, 0x20, 0x80, 0x100, 0x10000, 2 ** 32), fc.constantFrom(-1, 0, 1))
    .map(([limit, offset]) => Math.max(0, limit + offset)),
  fc.maxSafeInteger().filter((value) => value >= 0 || value < -(2 ** 31)),
  fc.double({ noInteger: true }),
);
const bits = <List>(make: (bytes: ArrayBuffer) => List, size: number, maxLength: number) =>
  fc
    .nat({ max: maxLength })
    .chain((length) => fc.uint8Array({ minLength: length * size, maxLength: length * size }))
    .map((bytes) => make(new Uint8Array(bytes).buffer));

const { plainPayloads, plainValues } = fc.letrec((tie) => ({
  plainPayloads: fc.dictionary(
    letters.filter((key) => key !== "__proto__"),
    tie("plainValues"),
    { maxKeys: 4, noNullPrototype: true },
  ),
  plainValues: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false, -0),
    numbers,
    letters,
    fc.float32Array({ noNaN: true, maxLength: 63 }).map((list) => list.slice(0, 63)),
    fc.float64Array({ noNaN: true, maxLength: 31 }).map((list) => list.slice(0, 31)),
    fc.array(tie("plainValues"), { maxLength: 4 }),
    tie("plainPayloads"),
  ),
}));

const otherValues = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ minLength: 64, maxLength: 300 }),
  fc.integer({ min: -(2 ** 31), max: -1 }),
  fc.constantFrom(undefined, NaN, Infinity, 12n),
  bits((buffer) => new Float32Array(buffer), 4, 80),
  bits((buffer) => new Float64Array(buffer), 8, 40),
  fc.uint8Array(),
  fc.uint32Array(),
  fc.array(plainValues, { minLength: 15, maxLength: 20 }),
  fc.dictionary(fc.string({ unit: "binary" }), plainValues).filter(hasNoProto),
  fc.date({ noInvalidDate: true }),
);

function hasNoProto(value: object): boolean {
  return !Object.keys(value).includes("__proto__");
}

describe("the encoder of plain payloads", () => {
  test.prop([fc.array(plainPayloads, { minLength: 1, maxLength: 5 })])(
    "writes what msgpackr writes",
    (payloads) => {
      const encoder = new PlainEncoder();

      expect(payloads.map((payload) => plainOf(encoder, payload))).toEqual(payloads.map(msgpackOf));
    },
  );

  test.prop([plainPayloads, otherValues, plainPayloads])(
    "leaves to msgpackr what it would write differently",
    (payload, other, next) => {
      const encoder = new PlainEncoder();
      const whole = { ...payload, list: [other] };

      expect([undefined, msgpackOf(whole)]).toContain(plainOf(encoder, whole));
      expect(plainOf(encoder, next)).toBe(msgpackOf(next));
    },
  );

  test.prop([fc.array(fc.nat({ max: 63 }), { minLength: 1, maxLength: 60 })])(
    "keeps to the room it took, however full that is",
    (lengths) => {
      const encoder = new PlainEncoder();
      const payloads = lengths.map((length) =>
        Array.from({ length: 15 }, () => "x".repeat(length)),
      );
      const encoded = payloads.map((payload) => encoder.encode(payload));

      expect(encoded.map((bytes) => bytes && Buffer.from(bytes).toString("hex"))).toEqual(
        payloads.map(msgpackOf),
      );
    },
  );

  it("leaves a payload to msgpackr that has no room", () => {
    const payload = Array.from({ length: 15 }, () =>
      Array.from({ length: 3 }, () => "x".repeat(60)),
    );

    expect(new PlainEncoder().encode(payload)).toBeUndefined();
  });

  it.each([
    ["a key that cannot be read back", JSON.parse('{"__proto__": 1}')],
    ["an object of a class", { at: new Map([["x", 1]]) }],
    ["a missing value", { at: undefined }],
  ])("does not take %s", (_name, payload: unknown) => {
    expect(new PlainEncoder().encode(payload)).toBeUndefined();
  });
});
