import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { createMask } from "../../src/core/image.ts";
import { decodeMask, encodeMask } from "../../src/core/maskRuns.ts";

const masks = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .array(fc.integer({ min: 0, max: 1 }), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((bits) => createMask(width, height, Uint8Array.from(bits))),
  );

describe("mask run lengths", () => {
  test.prop([masks])("decode to the mask they encode", (mask) => {
    expect(decodeMask(encodeMask(mask))).toEqual(mask);
  });

  test.prop([masks])("count the set pixels and hold no empty run but the first", (mask) => {
    const encoded = encodeMask(mask);
    expect(encoded.areaPx).toBe(mask.bits.reduce((sum, bit) => sum + bit, 0));
    expect(encoded.runs.slice(1).every((length) => length > 0)).toBe(true);
  });

  it("that do not cover the picture are refused", () => {
    const damaged = { widthPx: 4, heightPx: 2, areaPx: 3, runs: Uint32Array.of(1, 3) };
    expect(() => decodeMask(damaged)).toThrow(
      expect.objectContaining({ code: "IMAGE_INVALID" }) as Error,
    );
  });
});
