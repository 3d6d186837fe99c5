import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { distanceField } from "../../src/judging/distanceField.ts";

const arbitrarySquare = fc.integer({ min: 1, max: 12 }).chain((sidePx) =>
  fc.record({
    sidePx: fc.constant(sidePx),
    set: fc.uniqueArray(fc.nat({ max: sidePx * sidePx - 1 }), { maxLength: sidePx * 2 }),
  }),
);

describe("a distance field", () => {
  test.prop([arbitrarySquare])(
    "says of every pixel how far the nearest set one is, bit for bit",
    ({ sidePx, set }) => {
      const isSet = new Uint8Array(sidePx * sidePx);
      for (const at of set) isSet[at] = 1;
      const field = distanceField(isSet, sidePx);
      const found = Array.from(field);
      const expected = found.map((_, at) =>
        Math.sqrt(
          Math.min(
            ...set.map((other) => {
              const dx = (at % sidePx) - (other % sidePx);
              const dy = Math.floor(at / sidePx) - Math.floor(other / sidePx);
              return dx * dx + dy * dy;
            }),
          ),
        ),
      );
      expect(found).toEqual(expected);
    },
  );
});
