import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { wrapText } from "../../src/cli/format.ts";

const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 40 });

test.prop([words, fc.integer({ min: 20, max: 60 }), fc.integer({ min: 0, max: 6 })])(
  "wrapped text keeps every word in order and no line is wider than asked",
  (given, width, indentColumns) => {
    const wrapped = wrapText(given.join(" "), width, " ".repeat(indentColumns));

    expect(wrapped.split(/\s+/)).toEqual(given);
    for (const line of wrapped.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
  },
);
