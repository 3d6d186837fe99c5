import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { isDreamlogError } from "../../src/core/errors.ts";
import { createRgbImage, type RgbImage } from "../../src/core/image.ts";
import { decodeQoi, encodeQoi } from "../../src/media/qoi.ts";

/** Pictures with runs, small steps, returning colours and noise: every kind of chunk. */
const picture: fc.Arbitrary<RgbImage> = fc
  .record({
    widthPx: fc.integer({ min: 1, max: 24 }),
    heightPx: fc.integer({ min: 1, max: 12 }),
    values: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 90 }),
    repeat: fc.integer({ min: 1, max: 90 }),
  })
  .map(({ widthPx, heightPx, values, repeat }) =>
    createRgbImage(
      widthPx,
      heightPx,
      Uint8Array.from({ length: widthPx * heightPx * 3 }, (_, at) => {
        const pixel = Math.floor(at / 3 / repeat);
        return values[(pixel + (at % 3)) % values.length]! + (pixel % 5);
      }),
    ),
  );

test.prop([picture])("a picture comes back pixel for pixel", (image) => {
  expect(decodeQoi(encodeQoi(image))).toEqual(image);
});

test.prop([picture, fc.nat(), fc.nat({ max: 255 })])(
  "damaged bytes decode to a picture or a typed error, never to anything else",
  (image, at, value) => {
    const bytes = encodeQoi(image);
    bytes[at % bytes.length] = value;
    try {
      const decoded = decodeQoi(bytes);
      expect(decoded.pixels).toHaveLength(decoded.widthPx * decoded.heightPx * 3);
    } catch (error) {
      expect(isDreamlogError(error, "IMAGE_INVALID")).toBe(true);
    }
  },
);

describe("the QOI specification's chunks", () => {
  const header = (pixels: number) => [
    ...[0x71, 0x6f, 0x69, 0x66],
    ...[0, 0, 0, pixels, 0, 0, 0, 1, 3, 0],
  ];
  const end = [0, 0, 0, 0, 0, 0, 0, 1];
  const cases: readonly [string, number[], number[][]][] = [
    [
      "RUN of the opaque black at the start",
      [0xc1],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    ["RGB", [0xfe, 9, 200, 31], [[9, 200, 31]]],
    ["DIFF, wrapping round", [0x40 | (1 << 4) | (3 << 2) | 0], [[255, 1, 254]]],
    ["LUMA", [0x80 | (32 + 20), (11 << 4) | 3], [[23, 20, 15]]],
    [
      "INDEX of a colour seen before",
      // (10·3 + 20·5 + 30·7 + 255·11) mod 64 = 9
      [0xfe, 10, 20, 30, 0xfe, 99, 99, 99, 9],
      [
        [10, 20, 30],
        [99, 99, 99],
        [10, 20, 30],
      ],
    ],
  ];
  it.each(cases)("%s", (_, chunks, colors) => {
    const bytes = Uint8Array.from([...header(colors.length), ...chunks, ...end]);
    const image = createRgbImage(colors.length, 1, Uint8Array.from(colors.flat()));
    expect(decodeQoi(bytes)).toEqual(image);
    expect(encodeQoi(image)).toEqual(bytes);
  });

  it("refuses a truncated file", () => {
    const bytes = encodeQoi(createRgbImage(5, 5));
    expect(() => decodeQoi(bytes.subarray(0, -1))).toThrow(/expected/);
  });
});
