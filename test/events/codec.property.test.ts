import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { digestBytes, type Digest } from "../../src/core/digest.ts";
import { contentDigestOf, decodePayload, encodePayload } from "../../src/events/codec.ts";

const digests = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((seed) => digestBytes(seed));

const keys = fc.string({ minLength: 1 }).filter((key) => key !== "__proto__");

/** Everything a payload may hold. −0 is not among it: schemas turn it into 0. */
const { payloads } = fc.letrec((tie) => ({
  payloads: fc.dictionary(keys, tie("values"), { maxKeys: 5 }),
  values: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    fc.string({ unit: "grapheme" }),
    fc.float32Array({ noNaN: true }),
    fc.uint32Array(),
    fc.uint8Array(),
    fc.array(tie("values"), { maxLength: 5 }),
    tie("payloads"),
  ),
}));

const media = (encoded: Digest, decoded: Digest) => ({
  blob: { digest: encoded, mediaType: "image/png", lengthBytes: 3 },
  decoded,
  widthPx: 1,
  heightPx: 1,
  frameCount: 1,
});

describe("the payload codec", () => {
  test.prop([payloads])("gives back what it was given, typed arrays included", (payload) => {
    expect(decodePayload(encodePayload(payload))).toEqual(payload);
  });

  test.prop([payloads, payloads])(
    "refuses the one key that would come back by another name, wherever it stands",
    (payload, inner) => {
      const unreadable = JSON.parse('{"__proto__": 1}') as unknown;

      expect(() => encodePayload({ ...payload, list: [inner, unreadable] })).toThrow(
        expect.objectContaining({ code: "EVENT_INVALID" }),
      );
    },
  );

  test("lets the same letters stand as text and as bytes", () => {
    const payload = { text: "__proto__", bytes: new Uint8Array(Buffer.from("__proto__")) };

    expect(decodePayload(encodePayload(payload))).toEqual(payload);
  });

  test.prop([payloads, fc.array(payloads)])(
    "gives equal bytes for equal payloads, whatever was encoded between",
    (payload, others) => {
      const bytes = Buffer.from(encodePayload(payload));
      for (const other of others) encodePayload(other);

      expect(Buffer.compare(encodePayload(structuredClone(payload)), bytes)).toBe(0);
    },
  );

  test.prop([payloads, fc.array(payloads, { maxLength: 20 })])(
    "never writes over bytes it handed out",
    (payload, others) => {
      const bytes = encodePayload(payload);
      const copy = Buffer.from(bytes);
      for (const other of others) encodePayload({ other, ballast: new Uint8Array(2000) });

      expect(Buffer.compare(bytes, copy)).toBe(0);
    },
  );
});

describe("bytes that are no payload", () => {
  test.prop([payloads, fc.nat({ max: 30 })])(
    "are a typed error where they end early",
    (payload, cut) => {
      const bytes = encodePayload({ last: payload, ballast: "x".repeat(31) });

      expect(() => decodePayload(bytes.subarray(0, bytes.length - 1 - cut))).toThrow(
        expect.objectContaining({ code: "EVENT_INVALID" }),
      );
    },
  );
});

describe("the content digest", () => {
  const digestOf = (payload: unknown) => contentDigestOf(payload, encodePayload(payload));

  test.prop([digests, digests, digests])(
    "asks what a picture shows, and not how it was encoded",
    (oneEncoding, otherEncoding, decoded) => {
      const one = { image: media(oneEncoding, decoded), list: [media(oneEncoding, decoded)] };
      const other = { image: media(otherEncoding, decoded), list: [media(otherEncoding, decoded)] };

      expect(digestOf(one)).toBe(digestOf(other));
    },
  );

  test.prop([digests, digests, digests])("tells pictures apart", (encoded, one, other) => {
    fc.pre(one !== other);

    expect(digestOf({ image: media(encoded, one) })).not.toBe(
      digestOf({ image: media(encoded, other) }),
    );
  });

  test.prop([payloads])("of a payload without media is that of its bytes", (payload) => {
    expect(digestOf(payload)).toBe(digestBytes(encodePayload(payload)));
  });
});
